// One step of training: forward, loss, backward, update. All threads of the team run it together.
//
// The names are those of src/clearprop/equations/backprop.py. A phase writes what the next one
// reads; between them the team waits. Within a phase the tiles are shared out, and a tile's numbers
// do not depend on who computes it.
#pragma once

#include "unit.h"

namespace CLEARPROP_NAMESPACE {

// What the update needs at one step, in every lane.
template <class V> struct StepConstants {
    V c[most_coefficients];
    Penalties<V> penalties;
    V limit;  // of clipping by value
    bool clips_values;
    bool plain() const {
        return !penalties.any_penalty && !penalties.any_decay && !clips_values;
    }
};

// ---- forward --------------------------------------------------------------------------------

// a = f(z) and d = f′(z) for a tile of the layer, and dropout on both.
template <class W>
APART void activate(const Layer<W> &layer, int row, int rows, int column, int columns) {
    with_activation(layer.activation, [&](auto f) {
        for (int i = row; i < row + rows; i++) {
            const size_t at = size_t(i) * layer.stride + column;
            for (int c = 0; c < columns; c++) {
                const auto [a, slope] = f.of(layer.a[at + c]);
                layer.a[at + c] = a, layer.d[at + c] = slope;
            }
        }
    });
}

template <class W> APART void drop(const Layer<W> &layer, int row, int rows, int column, int columns) {
    for (int i = row; i < row + rows; i++) {
        const size_t at = size_t(i) * layer.stride + column;
        for (size_t c = at; c < at + columns; c++) {
            layer.a[c] = layer.a[c] * layer.mask[c];
            layer.d[c] = layer.d[c] * layer.mask[c];
        }
    }
}

enum class Then { nothing, relu, whatever };  // what follows z = a_prev W + b

// z = a_prev W + b, and the activation while the tile is near: in registers for the commonest.
template <Then then, class W>
INLINE void dense_then(const Unit<W> &unit, int l, int rows, bool drops, Team &team, int me) {
    using V = typename W::V;
    const Layer<W> &layer = unit.layers[l];
    const int a_stride = l ? unit.layers[l - 1].stride : unit.x_stride;
    V *a_prev = l ? unit.layers[l - 1].a : unit.x;
    const V *bias = layer.bias(layer.w);
    const Tiles<W> tiles(rows, layer.columns, layer.n_in);
    const Share mine = share(tiles.count(), team, me);
    tiles.each(mine.first, mine.last, [&](auto m, auto n, int i, int j) {
        constexpr int M = decltype(m)::value, N = decltype(n)::value;
        V sum[M][N];
        for (int r = 0; r < M; r++)
            for (int c = 0; c < N; c++) sum[r][c] = bias[j + c];
        accumulate(layer.n_in, unit.row(a_prev, a_stride, i), unit.elements(a_stride), 1,
                   layer.w + size_t(j) * layer.n_in, N, sum);
        const size_t at = size_t(i) * layer.stride + j;
        for (int r = 0; r < M; r++)
            for (int c = 0; c < N; c++) {
                const size_t here = at + size_t(r) * layer.stride + c;
                if constexpr (then == Then::relu) {
                    const auto [a, slope] = Relu::of(sum[r][c]);
                    layer.a[here] = a, layer.d[here] = slope;
                } else {
                    layer.a[here] = sum[r][c];
                }
            }
        if (then == Then::whatever) activate(layer, i, M, j, N);
        if (then != Then::nothing && drops) drop(layer, i, M, j, N);
    });
}
template <class W>
APART void dense(const Unit<W> &unit, int l, int rows, bool activates, bool drops, Team &team, int me) {
    if (!activates) dense_then<Then::nothing>(unit, l, rows, drops, team, me);
    else if (unit.layers[l].activation == relu) dense_then<Then::relu>(unit, l, rows, drops, team, me);
    else dense_then<Then::whatever>(unit, l, rows, drops, team, me);
}

// ---- the outputs: losses and (BP1) ----------------------------------------------------------

// The outputs of a batch as lists without gaps, sample after sample, n to a sample.
template <class W> struct Outputs {
    using T = typename W::T;
    using V = typename W::V;
    using S = typename W::S;
    int rows, n, loss, activation;
    S *z, *y, *term, *slope, *weight, *sum;

    // Where the output layer has no gaps itself, its own z and delta are the lists.
    Outputs(const Unit<W> &unit, int rows_)
        : rows(rows_), n(unit.n_out()), loss(unit.plan.loss), activation(last(unit).activation),
          z(unit.z), y(unit.y), term(unit.term), slope(unit.slope), weight(unit.weight), sum(unit.sum) {
        if (gapless()) z = unit.row(last(unit).a, 0, 0), slope = unit.row(last(unit).d, 0, 0);
        else
            for (int i = 0; i < rows; i++)
                copy_row<S>(z + size_t(i) * n, unit.row(last(unit).a, last(unit).stride, i), n);
    }
    // Delta in the layer's own rows, 0 beyond the last neuron.
    void put_back(const Unit<W> &unit) const {
        if (gapless()) return zero_from(unit, n);
        for (int i = 0; i < rows; i++) {
            V *to = last(unit).d + size_t(i) * last(unit).stride;
            to[last(unit).columns - 1] = V{};
            copy_row<S>(unit.row(to, 0, 0), slope + size_t(i) * n, n);
        }
    }
    // Over all outputs of all samples, a register at a time.
    template <class Body> INLINE void each(Body body) const {
        const int count = W::columns(rows * n);
        for (int i = 0; i < count; i++) body(i);
    }
    static V &at(S *list, int i) { return reinterpret_cast<V *>(list)[i]; }
    static const Layer<W> &last(const Unit<W> &unit) { return unit.layers[unit.n_layers - 1]; }

  private:
    bool gapless() const { return rows == 1 || n % W::per_register == 0; }
    static void zero_from(const Unit<W> &unit, int from) {
        const int end = last(unit).columns * W::per_register;
        for (int j = from; j < end; j++) unit.row(last(unit).d, 0, 0)[j] = S{};
    }
};

// softmax: z keeps the shifted logits, slope gets e^z, sum the row's Σ e^z.
template <class W> void exponentials(const Outputs<W> &out) {
    for (int i = 0; i < out.rows; i++) shift_by_largest(out.n, out.z + size_t(i) * out.n);
    out.each([&](int i) { out.at(out.slope, i) = exp_nonpositive(out.at(out.z, i)); });
    for (int i = 0; i < out.rows; i++) out.sum[i] = sum_of(out.n, out.slope + size_t(i) * out.n);
}

// term = −y ln p, slope = p − y, with p = softmax(z).
template <class W> void categorical_cross_entropy(const Outputs<W> &out) {
    exponentials(out);
    for (int i = 0; i < out.rows; i++) {
        const size_t at = size_t(i) * out.n;
        const auto whole = out.sum[i], log_sum = log_from_one(whole);
        for (size_t j = at; j < at + out.n; j++) {
            out.term[j] = out.y[j] * (log_sum - out.z[j]);
            out.slope[j] = out.slope[j] / whole - out.y[j];
        }
    }
}

template <class W> void binary_cross_entropy(const Outputs<W> &out) {
    out.each([&](int i) {
        const auto [term, slope] = BinaryCrossEntropy::of(out.at(out.z, i), out.at(out.y, i));
        out.at(out.term, i) = term, out.at(out.slope, i) = slope;
    });
}

// z ← softmax(z).
template <class W> void softmax(const Outputs<W> &out) {
    exponentials(out);
    for (int i = 0; i < out.rows; i++)
        for (size_t j = size_t(i) * out.n; j < size_t(i + 1) * out.n; j++)
            out.z[j] = out.slope[j] / out.sum[i];
}

// term and slope = ∂term/∂z of a loss that is computed from the output a, which replaces z.
template <class W> void loss_from_output(const Outputs<W> &out) {
    const bool mixes = out.activation == clearprop::softmax;
    if (mixes) softmax(out);
    with_activation(out.activation, [&](auto f) {
        with_loss(out.loss, [&](auto loss) {
            out.each([&](int i) {
                const auto [a, da_dz] = f.of(out.at(out.z, i));
                const auto [term, dterm_da] = loss.of(a, out.at(out.y, i));
                out.at(out.z, i) = a, out.at(out.term, i) = term;
                out.at(out.slope, i) = dterm_da * da_dz;
            });
        });
    });
    for (int i = 0; i < out.rows && mixes; i++)
        softmax_backward(out.n, out.z + size_t(i) * out.n, out.slope + size_t(i) * out.n);
}

// Sums in double, one for each member.
template <class X> struct Total {
    static constexpr int count = int(sizeof(X) / sizeof(Number<X>));
    double sum[count];
    explicit Total(const double *from) { std::memcpy(sum, from, sizeof sum); }
    void store(double *to) const { std::memcpy(to, sum, sizeof sum); }
    INLINE void add(X x) {
        if constexpr (count == 1) sum[0] += double(x);
        else
            for (int k = 0; k < count; k++) sum[k] += double(x[k]);
    }
    INLINE void add_squared_difference(X a, X y) {
        if constexpr (count == 1) sum[0] += (double(a) - double(y)) * (double(a) - double(y));
        else
            for (int k = 0; k < count; k++) sum[k] += (double(a[k]) - y[k]) * (double(a[k]) - y[k]);
    }
};

// (BP1) with the 1/n of the mean over samples and outputs; Σ of the samples' losses into `total`.
template <class W> void finish_outputs(const Outputs<W> &out, double *total) {
    using T = typename W::T;
    const bool summed = out.loss == clearprop::categorical_cross_entropy;
    const T mean = summed ? T(1) : T(1) / out.n, share_of_sample = mean / T(out.rows);
    Total<typename W::S> losses(total);
    for (int i = 0; i < out.rows; i++) {
        const size_t at = size_t(i) * out.n;
        losses.add(sum_of(out.n, out.term + at) * mean * out.weight[i]);
        const auto factor = out.weight[i] * share_of_sample;
        for (size_t j = at; j < at + out.n; j++) out.slope[j] = out.slope[j] * factor;
    }
    losses.store(total);
}

// Losses and the output layer's delta; in `a` of a loss from outputs, a itself.
template <class W> APART Outputs<W> lose(const Unit<W> &unit, int rows) {
    const Outputs<W> out(unit, rows);
    if (out.loss == clearprop::categorical_cross_entropy) categorical_cross_entropy(out);
    else if (out.loss == clearprop::binary_cross_entropy) binary_cross_entropy(out);
    else loss_from_output(out);
    finish_outputs(out, unit.total);
    return out;
}

// ---- backward -------------------------------------------------------------------------------

// Small layers, a register wide: number by number.
template <class W> void turn_small(const Layer<W> &layer) {
    using T = typename W::T;
    const T *w = reinterpret_cast<const T *>(layer.w);
    T *transposed = reinterpret_cast<T *>(layer.transposed);
    for (int i = 0; i < layer.n_in; i++)
        for (int j = 0; j < layer.n_out; j++)
            transposed[j * lanes<T> + i] = w[i * lanes<T> + j];
}

// Wᵀ in panels: what (BP2) multiplies by.
template <class W> APART void turn(const Layer<W> &layer, Team &team, int me) {
    using T = typename W::T;
    const int columns = W::columns(layer.n_in);
    if constexpr (W::many) {
        const Share mine = share(layer.n_in, team, me);
        for (int i = mine.first; i < mine.last; i++)
            for (int j = 0; j < layer.n_out; j++)
                layer.transposed[Layer<W>::place(j, i, layer.n_out, columns)] =
                    layer.w[Layer<W>::place(i, j, layer.n_in, layer.columns)];
    } else if (columns == 1 && layer.columns == 1 && layer.n_in * layer.n_out <= 4 * lanes<T>) {
        if (me == 0) turn_small(layer);
    } else {
        constexpr int n = lanes<T>;
        const Share mine = share(columns, team, me);
        for (int c = mine.first; c < mine.last; c++)
            for (int b = 0; b < layer.columns; b++) {
                Vector<T> square[n];
                for (int i = 0; i < n; i++)
                    square[i] = c * n + i < layer.n_in
                        ? layer.w[Layer<W>::place(c * n + i, b, layer.n_in, layer.columns)]
                        : Vector<T>{};
                transpose<T>(square);
                for (int j = 0; j < n && b * n + j < layer.n_out; j++)
                    layer.transposed[Layer<W>::place(b * n + j, c, layer.n_out, columns)] = square[j];
            }
    }
}

// (BP2) delta_prev = (delta Wᵀ) · f′(z_prev): the slope in `d` makes room for the delta.
template <class W> APART void pull_back(const Unit<W> &unit, int l, int rows, Team &team, int me) {
    using V = typename W::V;
    const Layer<W> &layer = unit.layers[l], &previous = unit.layers[l - 1];
    const Tiles<W> tiles(rows, previous.columns, layer.n_out);
    const Share mine = share(tiles.count(), team, me);
    tiles.each(mine.first, mine.last, [&](auto m, auto n, int i, int j) {
        constexpr int M = decltype(m)::value, N = decltype(n)::value;
        V sum[M][N] = {};
        accumulate(layer.n_out, unit.row(layer.d, layer.stride, i), unit.elements(layer.stride), 1,
                   layer.transposed + size_t(j) * layer.n_out, N, sum);
        for (int r = 0; r < M; r++)
            for (int c = 0; c < N; c++) {
                V &d = previous.d[size_t(i + r) * previous.stride + j + c];
                d = sum[r][c] * d;
            }
    });
}

// Calls finish(place, is_weight, gradient) for every register of the layer's gradient:
// (BP4) dW = a_prevᵀ delta, (BP3) db = Σ delta.
template <class W, class Finish>
INLINE void each_gradient(const Unit<W> &unit, int l, int rows, Team &team, int me, Finish finish) {
    using V = typename W::V;
    const Layer<W> &layer = unit.layers[l];
    const int a_stride = l ? unit.layers[l - 1].stride : unit.x_stride;
    const auto *a_prev = unit.row(l ? unit.layers[l - 1].a : unit.x, 0, 0);
    const Tiles<W> tiles(layer.n_in, layer.columns, rows);
    const Share mine = share(tiles.count(), team, me);
    tiles.each(mine.first, mine.last, [&](auto m, auto n, int i, int j) {
        constexpr int M = decltype(m)::value, N = decltype(n)::value;
        V sum[M][N] = {};
        accumulate<W::many ? 0 : 16>(rows, a_prev + i, 1, unit.elements(a_stride), layer.d + j, layer.stride, sum);
        const size_t at = size_t(j) * layer.n_in + size_t(i) * N;
        for (int r = 0; r < M; r++)
            for (int c = 0; c < N; c++) finish(at + r * N + c, true, sum[r][c]);
    });
    const Share biases = share(layer.columns, team, me);
    for (int j = biases.first; j < biases.last; j++) {
        V sum{};
        for (int i = 0; i < rows; i++) sum += layer.d[size_t(i) * layer.stride + j];
        finish(layer.size - layer.columns + j, false, sum);
    }
}

// What comes before the rule, for those who ask for it: penalty, clipping by value, decay.
template <class V>
INLINE void prepare(const StepConstants<V> &k, bool is_weight, V &w, V &g) {
    if (is_weight) g = k.penalties.gradient(w, g), w = k.penalties.decayed(w);
    if (k.clips_values) g = clamp(g, -k.limit, k.limit);
}

// Gives the rule's step of one register of weights as a function change(place, is_weight, g). It
// holds copies, so that the compiler can keep them in registers.
template <class Rule, class W>
INLINE auto changing(const Layer<W> &layer, const StepConstants<typename W::V> &constants) {
    using V = typename W::V;
    struct Change {
        V *w, *slots[most_slots], c[Rule::coefficients];
        const StepConstants<V> &constants;
        bool plain;
        INLINE void operator()(size_t at, bool is_weight, V g) const {
            V weight = w[at], memory[most_slots];
            for (int s = 0; s < Rule::slots; s++) memory[s] = slots[s][at];
            if (!plain) prepare(constants, is_weight, weight, g);
            w[at] = Rule::step(weight, g, memory, c);
            for (int s = 0; s < Rule::slots; s++) slots[s][at] = memory[s];
        }
    };
    Change change{layer.w, {layer.slots[0], layer.slots[1]}, {}, constants, constants.plain()};
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

// ---- clipping by norm: the one thing that must see the whole gradient before any weight moves ---

template <class W> APART void keep_gradient(const Unit<W> &unit, int l, int rows,
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

template <class W> struct Joined {  // a column's lanes are neurons, or each a member of its own
    using S = typename W::S;
    template <class Two> static INLINE S join(S so_far, typename W::V column, int n, Two two) {
        if constexpr (W::many) return two(so_far, column);
        else {
            for (int j = 0; j < lanes<typename W::T> && j < n; j++) so_far = two(so_far, column[j]);
            return so_far;
        }
    }
};
template <class W> struct Largest {
    using V = typename W::V;
    using S = typename W::S;
    INLINE V operator()(V so_far, V g) const { return maximum(absolute(g), so_far); }
    INLINE S join(S so_far, V column, int n) const {
        return Joined<W>::join(so_far, column, n, [](auto a, auto b) { return maximum(b, a); });
    }
};
template <class W> struct Squares {
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
template <class W> typename W::S shortening(const Unit<W> &unit) {
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

// ---- the step -------------------------------------------------------------------------------

// The slow way past a layer, when something has failed: look at z before the activation hides it.
template <class W>
APART void look_at(const Unit<W> &unit, int l, int rows, bool drops, int *first_bad) {
    const Layer<W> &layer = unit.layers[l];
    for (int i = 0; i < rows; i++) {
        const auto *z = unit.row(layer.a, layer.stride, i);
        for (int j = 0; j < layer.n_out && !*first_bad; j++)
            if (first_of(z[j]) - first_of(z[j]) != 0) *first_bad = l + 1;
    }
    if (l + 1 == unit.n_layers) return;
    activate(layer, 0, rows, 0, layer.columns);
    if (drops) drop(layer, 0, rows, 0, layer.columns);
}

// From the gathered batch to the new weights. `first_bad`, where wanted, gets the first layer, from
// 1, whose z is not finite in the unit's only member.
template <class W>
void step(const Unit<W> &unit, int rows, const StepConstants<typename W::V> &constants, bool drops,
          Team &team, int me, int *first_bad = nullptr) {
    const int n_layers = unit.n_layers;
    for (int l = 0; l < n_layers; l++) {
        dense(unit, l, rows, l + 1 < n_layers && !first_bad, drops, team, me);
        if (l > 0) turn(unit.layers[l], team, me);
        wait_for_all(team);
        if (first_bad) {
            if (me == 0) look_at(unit, l, rows, drops, first_bad);
            wait_for_all(team);
        }
    }
    if (me == 0) lose(unit, rows).put_back(unit);
    wait_for_all(team);
    for (int l = n_layers - 1; l > 0; l--) {
        pull_back(unit, l, rows, team, me);
        wait_for_all(team);
    }
    if (unit.plan.clip == clearprop::clip_norm) {
        for (int l = 0; l < n_layers; l++)
            keep_gradient(unit, l, rows, constants.penalties, team, me);
        wait_for_all(team);
        const auto factor = shortening(unit);
        for (int l = 0; l < n_layers; l++) apply_kept(unit, l, factor, constants, team, me);
    } else {
        update(unit, rows, constants, team, me);
    }
    wait_for_all(team);
}

}  // namespace CLEARPROP_NAMESPACE
