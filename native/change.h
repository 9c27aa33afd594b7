// From gradients to new weights: at once, in registers; or, when they are clipped by norm, by way
// of a copy, for that must see the whole gradient before any weight moves.
#pragma once

#include "backward.h"
#include "updates.h"

namespace CLEARPROP_NAMESPACE {

// What the update needs at one step, in every lane.
template <class V>
struct StepConstants {
    V c[coefficients_at_most];
    Penalties<V> penalties;
    V limit;  // of clipping by value
    bool clips_values;
    bool plain() const { return !penalties.any_penalty && !penalties.any_decay && !clips_values; }
};

// What comes before the rule, for those who ask for it: penalty, clipping by value, decay.
template <class Rule, class V>
INLINE void prepare(const StepConstants<V> &k, bool is_weight, V &w, V &g, V *memory) {
    if (is_weight) g = k.penalties.gradient(w, g), k.penalties.template pull<Rule>(w, memory);
    if (k.clips_values) g = clamp(g, -k.limit, k.limit);
}

// Gives the rule's step of one register of weights as a function change(place, is_weight, g). It
// holds copies, so that the compiler can keep them in registers.
template <class Rule, class W>
INLINE auto changing(const Layer<W> &layer, const StepConstants<typename W::V> &constants) {
    using V = typename W::V;
    struct Change {
        V *w, *slots[slots_at_most], c[Rule::coefficients];
        const StepConstants<V> &constants;
        bool plain;
        INLINE void operator()(size_t at, bool is_weight, V g) const {
            V weight = w[at], memory[slots_at_most];
            for (int s = 0; s < Rule::slots; s++) memory[s] = slots[s][at];
            if (!plain) prepare<Rule>(constants, is_weight, weight, g, memory);
            w[at] = Rule::step(weight, g, memory, c);
            for (int s = 0; s < Rule::slots; s++) slots[s][at] = memory[s];
        }
    };
    Change change{layer.w, {}, {}, constants, constants.plain()};
    for (int s = 0; s < Rule::slots; s++) change.slots[s] = layer.slots[s];
    for (int i = 0; i < Rule::coefficients; i++) change.c[i] = constants.c[i];
    return change;
}

// The weight gradient is applied where it arises, in registers, and never stored.
template <class W>
APART void update(const Unit<W> &unit, int rows, const StepConstants<typename W::V> &constants,
                  Team &team, int me) {
    with_rule(unit.plan.rule, [&](auto rule) {
        for (int l = 0; l < unit.n_layers; l++)
            each_gradient(unit, l, rows, team, me,
                          changing<decltype(rule)>(unit.layers[l], constants));
    });
}

// ---- clipping by norm -----------------------------------------------------------------------

template <class W>
APART void keep_gradient(const Unit<W> &unit, int l, int rows,
                         const Penalties<typename W::V> &penalties, Team &team, int me) {
    const Layer<W> &layer = unit.layers[l];
    each_gradient(unit, l, rows, team, me, [&](size_t at, bool is_weight, typename W::V g) {
        layer.g[at] = is_weight ? penalties.gradient(layer.w[at], g) : g;
    });
}

// Folds every gradient of a member: fold(so far, g), column by column, neuron by neuron.
template <class W, class Fold>
APART typename W::S fold_gradients(const Unit<W> &unit, Fold fold) {
    using V = typename W::V;
    using S = typename W::S;
    S result{};
    for (int l = 0; l < unit.n_layers; l++) {
        const Layer<W> &layer = unit.layers[l];
        for (int c = 0; c < layer.columns; c++) {
            V column{};
            for (int i = 0; i < layer.n_in; i++)
                column = fold(column, layer.g[Layer<W>::place(i, c, layer.n_in, layer.columns)]);
            column = fold(column, layer.g[layer.size - layer.columns + c]);
            result = fold.join(result, column, layer.n_out - c * W::per_register);
        }
    }
    return result;
}

template <class W>
struct Joined {  // a column's lanes are neurons, or each a member of its own
    using S = typename W::S;
    template <class Two>
    static INLINE S join(S so_far, typename W::V column, int n, Two two) {
        if constexpr (W::many) return two(so_far, column);
        else {
            for (int j = 0; j < lanes<typename W::T> && j < n; j++) so_far = two(so_far, column[j]);
            return so_far;
        }
    }
};
template <class W>
struct Largest {
    using V = typename W::V;
    using S = typename W::S;
    INLINE V operator()(V so_far, V g) const { return maximum(absolute(g), so_far); }
    INLINE S join(S so_far, V column, int n) const {
        return Joined<W>::join(so_far, column, n, [](auto a, auto b) { return maximum(b, a); });
    }
};
template <class W>
struct Squares {
    using V = typename W::V;
    using S = typename W::S;
    S scale;
    INLINE V operator()(V so_far, V g) const {
        const V unit = g / spread<V>(scale);
        return so_far + unit * unit;
    }
    INLINE S join(S so_far, V column, int n) const {
        return Joined<W>::join(so_far, column, n, [](auto a, auto b) { return a + b; });
    }
};

// g · min(1, limit / ‖g‖), as clip_norm of equations/penalties.py: scaled, so that g² cannot
// overflow before g does.
template <class W>
typename W::S shortening(const Unit<W> &unit) {
    using S = typename W::S;
    using T = typename W::T;
    const T limit = unit.plan.limit;
    const S largest = fold_gradients(unit, Largest<W>{});
    const S scale = largest > 1 ? largest : all<S>(1);
    const S length = square_root(fold_gradients(unit, Squares<W>{scale}));
    // In two factors the product is as safe as the quotient g / scale.
    return length * scale > limit ? all<S>(limit) / length / scale : all<S>(1);
}

template <class W>
APART void apply_kept(const Unit<W> &unit, int l, typename W::S factor,
                      StepConstants<typename W::V> constants, Team &team, int me) {
    using V = typename W::V;
    const Layer<W> &layer = unit.layers[l];
    constants.penalties.any_penalty = false;  // it is in the gradient already
    const Share mine = share(int(layer.size), team, me);
    with_rule(unit.plan.rule, [&](auto rule) {
        const auto change = changing<decltype(rule)>(layer, constants);
        for (int at = mine.first; at < mine.last; at++) {
            const bool is_weight = at < int(layer.size) - layer.columns;
            const V g = layer.g[at] * spread<V>(factor);
            change(at, is_weight, g);
        }
    });
}

}  // namespace CLEARPROP_NAMESPACE
