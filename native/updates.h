// Update rules, penalties and clipping: what happens to one weight when its gradient is known.
//
// The formulas are those of src/clearprop/equations/updates.py and penalties.py. Whatever depends
// on the step alone (rates, 1 − β^t) comes ready in `c`, computed in double by
// src/clearprop/engines/coefficients.py, in the order in which each rule reads them here; `rest` is
// 1 − ρ, which would lose its digits if it were computed in float.
// X is a register of neighbouring weights of one network, or of one weight of many networks.
#pragma once

#include <tuple>

#include "contract.h"
#include "elementary.h"

namespace CLEARPROP_NAMESPACE {

using clearprop::coefficients_at_most;
using clearprop::slots_at_most;

// Decoupled weight decay, before the rule's own step: w ← w − η λ w.
struct DecaysInPlace {
    template <class X>
    static INLINE void decay(X &w, X *, X strength) {
        w = w - strength * w;
    }
};

// w ← w − η g
struct Sgd : DecaysInPlace {
    static constexpr int slots = 0, coefficients = 1;
    template <class X>
    static INLINE X step(X w, X g, X *, const X *c) {
        const X eta = c[0];
        return w - eta * g;
    }
};
// v ← μ v + g; w ← w − η v
struct Momentum : DecaysInPlace {
    static constexpr int slots = 1, coefficients = 2;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], mu = c[1];
        s[0] = mu * s[0] + g;
        return w - eta * s[0];
    }
};
// v ← μ v + g; w ← w − η (g + μ v)
struct Nesterov : DecaysInPlace {
    static constexpr int slots = 1, coefficients = 2;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], mu = c[1];
        s[0] = mu * s[0] + g;
        return w - eta * (g + mu * s[0]);
    }
};
// s ← s + g²; w ← w − η g / (√s + ε)
struct Adagrad : DecaysInPlace {
    static constexpr int slots = 1, coefficients = 2;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], epsilon = c[1];
        s[0] = s[0] + g * g;
        return w - eta * g / (square_root(s[0]) + epsilon);
    }
};
// s ← ρ s + (1−ρ) g²; Δ = g √(u+ε) / √(s+ε); u ← ρ u + (1−ρ) Δ²; w ← w − η Δ
struct Adadelta : DecaysInPlace {
    static constexpr int slots = 2, coefficients = 4;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], rho = c[1], rest = c[2], epsilon = c[3];
        s[0] = rho * s[0] + rest * g * g;
        const X delta = g * square_root(s[1] + epsilon) / square_root(s[0] + epsilon);
        s[1] = rho * s[1] + rest * delta * delta;
        return w - eta * delta;
    }
};
// s ← ρ s + (1−ρ) g²; w ← w − η g / (√s + ε)
struct Rmsprop : DecaysInPlace {
    static constexpr int slots = 1, coefficients = 4;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], rho = c[1], rest = c[2], epsilon = c[3];
        s[0] = rho * s[0] + rest * g * g;
        return w - eta * g / (square_root(s[0]) + epsilon);
    }
};
// Adam, AdamW and NAdamW are one rule: w ← w − (η_m m + η_g g) / (√v̂ + ε) with v̂ = v/(1 − β2^t).
// For Adam, η_m = η/(1 − β1^t) and η_g = 0; Nesterov's look ahead divides η between the two.
struct Adam : DecaysInPlace {
    static constexpr int slots = 2, coefficients = 8;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta_m = c[0], eta_g = c[1], beta1 = c[2], rest1 = c[3], beta2 = c[4], rest2 = c[5];
        const X root = c[6], epsilon = c[7];  // root = 1/√(1 − β2^t)
        s[0] = beta1 * s[0] + rest1 * g;
        s[1] = beta2 * s[1] + rest2 * g * g;
        return w - (eta_m * s[0] + eta_g * g) / (square_root(s[1]) * root + epsilon);
    }
};

// v ← β2 v + (1−β2) g²; z ← z − η g/(√v̂ + ε); x ← x + c (z − x); w ← z + β1 (x − z): gradients are
// taken at w, and decay at w pulls z.
struct ScheduleFree {
    static constexpr int slots = 3, coefficients = 7;
    template <class X>
    static INLINE void decay(X &w, X *s, X strength) {
        s[0] = s[0] - strength * w;
    }
    template <class X>
    static INLINE X step(X, X g, X *s, const X *c) {
        const X eta = c[0], beta2 = c[1], rest2 = c[2], root = c[3], epsilon = c[4];
        const X share = c[5], beta1 = c[6];  // root = 1/√(1 − β2^t), share = c
        s[2] = beta2 * s[2] + rest2 * g * g;
        s[0] = s[0] - eta * g / (square_root(s[2]) * root + epsilon);
        s[1] = s[1] + share * (s[0] - s[1]);
        return s[0] + beta1 * (s[1] - s[0]);
    }
};

// Calls `use(Adam{})` and so on for the rule of that number in `clearprop::rules`.
template <int number = 0, class Use>
INLINE void with_rule(int wanted, Use use) {
    using All = std::tuple<Sgd, Momentum, Nesterov, Adagrad, Adadelta, Rmsprop, Adam, ScheduleFree>;
    if constexpr (number < int(std::tuple_size_v<All>)) {
        using Rule = std::tuple_element_t<number, All>;
        static_assert(Rule::slots == clearprop::rules[number].slots &&
                      Rule::coefficients == clearprop::rules[number].coefficients);
        if (wanted == number) use(Rule{});
        else with_rule<number + 1>(wanted, use);
    }
}

// What is added to the gradient of a weight (never of a bias), and the pull of weight decay.
template <class X>
struct Penalties {
    X l1, l2, leaving_range;  // strengths
    X decay;                  // η λ
    bool any_penalty, any_decay;

    INLINE X gradient(X w, X g) const {
        if (!any_penalty) return g;
        const X outside = w - clamp(w, all<X>(-1), all<X>(1));
        return g + l1 * sign(w) + l2 * w + leaving_range * (2 * outside);
    }
    template <class Rule>
    INLINE void pull(X &w, X *memory) const {
        if (any_decay) Rule::decay(w, memory, decay);
    }
};

}  // namespace CLEARPROP_NAMESPACE
