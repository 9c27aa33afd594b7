// Update rules, penalties and clipping: what happens to one weight when its gradient is known.
//
// The formulas are those of src/clearprop/equations/updates.py and penalties.py. Whatever depends
// on the step alone (rates, 1 − β^t) comes ready in `c`, computed in double by
// src/clearprop/engines/coefficients.py, in the order in which each rule reads them here; `rest` is
// 1 − ρ, which would lose its digits if it were computed in float.
// X is a register of neighbouring weights of one network, or of one weight of many networks.
#pragma once

#include "elementary.h"

namespace CLEARPROP_NAMESPACE {

constexpr int most_coefficients = 8, most_slots = 2;  // as in contract.h

struct Sgd {
    static constexpr int slots = 0, coefficients = 1;
    template <class X>
    static INLINE X step(X w, X g, X *, const X *c) {
        const X eta = c[0];
        return w - eta * g;
    }
};
struct Momentum {
    static constexpr int slots = 1, coefficients = 2;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], mu = c[1];
        s[0] = mu * s[0] + g;
        return w - eta * s[0];
    }
};
struct Nesterov {
    static constexpr int slots = 1, coefficients = 2;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], mu = c[1];
        s[0] = mu * s[0] + g;
        return w - eta * (g + mu * s[0]);
    }
};
struct Adagrad {
    static constexpr int slots = 1, coefficients = 2;
    template <class X>
    static INLINE X step(X w, X g, X *s, const X *c) {
        const X eta = c[0], epsilon = c[1];
        s[0] = s[0] + g * g;
        return w - eta * g / (square_root(s[0]) + epsilon);
    }
};
struct Adadelta {
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
struct Rmsprop {
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
struct Adam {
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

// Calls `use(Adam{})` and so on for the rule of that number in `rule_names` (contract.h).
template <class Use>
INLINE void with_rule(int number, Use use) {
    switch (number) {
        case 1:
            return use(Momentum{});
        case 2:
            return use(Nesterov{});
        case 3:
            return use(Adagrad{});
        case 4:
            return use(Adadelta{});
        case 5:
            return use(Rmsprop{});
        case 6:
            return use(Adam{});
        default:
            return use(Sgd{});
    }
}

// What is added to the gradient of a weight (never of a bias), and the pull of weight decay.
template <class X>
struct Penalties {
    X l1, l2, leaving_range;  // strengths
    X decay;                  // η λ: w ← w − η λ w before the rule
    bool any_penalty, any_decay;

    INLINE X gradient(X w, X g) const {
        if (!any_penalty) return g;
        const X outside = w - clamp(w, all<X>(-1), all<X>(1));
        return g + l1 * sign(w) + l2 * w + leaving_range * (2 * outside);
    }
    INLINE X decayed(X w) const { return any_decay ? w - decay * w : w; }
};

}  // namespace CLEARPROP_NAMESPACE
