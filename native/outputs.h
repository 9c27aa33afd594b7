// The outputs of a batch: losses, and (BP1), the output layer's delta.
#pragma once

#include "unit.h"

namespace CLEARPROP_NAMESPACE {

// The outputs of a batch as lists without gaps, sample after sample, n to a sample.
template <class W>
struct Outputs {
    using T = typename W::T;
    using V = typename W::V;
    using S = typename W::S;
    int rows, n, loss, activation;
    bool weighted;
    S *z, *y, *term, *slope, *first, *second;  // a number for each output; two to work with
    S *weight, *sum, *log_sum;                 // a number for each sample

    // Where the output layer has no gaps itself, its own z and delta are the lists.
    Outputs(const Unit<W> &unit, int rows_)
        : rows(rows_),
          n(unit.n_out()),
          loss(unit.plan.loss),
          activation(last(unit).activation),
          weighted(unit.weighted),
          z(unit.z),
          y(unit.y),
          term(unit.term),
          slope(unit.slope),
          first(unit.first),
          second(unit.second),
          weight(unit.weight),
          sum(unit.sum),
          log_sum(unit.log_sum) {
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
    template <class Body>
    INLINE void each(Body body) const {
        const int count = W::columns(rows * n);
        for (int i = 0; i < count; i++) body(i);
    }
    // Sample i's number of `each_sample` to all its places in `list`, in whole registers: what
    // spills over its end is written again by the next sample.
    INLINE void spread(S *list, int i, const S *each_sample) const {
        constexpr int step = W::many ? 1 : lanes<T>;
        const V value = CLEARPROP_NAMESPACE::spread<V>(each_sample[i]);
        for (int j = 0; j < n; j += step)
            std::memcpy(list + size_t(i) * n + j, &value, sizeof value);
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
template <class W>
void exponentials(const Outputs<W> &out) {
    for (int i = 0; i < out.rows; i++) shift_by_largest(out.n, out.z + size_t(i) * out.n);
    out.each([&](int i) { out.at(out.slope, i) = exp_nonpositive(out.at(out.z, i)); });
    for (int i = 0; i < out.rows; i++) out.sum[i] = sum_of(out.n, out.slope + size_t(i) * out.n);
}

// term = −y ln p, slope = p − y, with p = softmax(z): ln p = z − ln Σ e^z.
template <class W>
void categorical_cross_entropy(const Outputs<W> &out) {
    exponentials(out);
    for (int i = 0; i < W::columns(out.rows); i++) {
        out.at(out.log_sum, i) = log_from_one(out.at(out.sum, i));
        out.at(out.sum, i) = 1 / out.at(out.sum, i);
    }
    for (int i = 0; i < out.rows; i++)
        out.spread(out.first, i, out.sum), out.spread(out.second, i, out.log_sum);
    out.each([&](int i) {
        const auto y = out.at(out.y, i);
        out.at(out.term, i) = y * (out.at(out.second, i) - out.at(out.z, i));
        out.at(out.slope, i) = out.at(out.slope, i) * out.at(out.first, i) - y;
    });
}

template <class W>
void binary_cross_entropy(const Outputs<W> &out) {
    out.each([&](int i) {
        const auto [term, slope] = BinaryCrossEntropy::of(out.at(out.z, i), out.at(out.y, i));
        out.at(out.term, i) = term, out.at(out.slope, i) = slope;
    });
}

// z ← softmax(z).
template <class W>
void softmax(const Outputs<W> &out) {
    exponentials(out);
    for (int i = 0; i < out.rows; i++) out.spread(out.first, i, out.sum);
    out.each([&](int i) { out.at(out.z, i) = out.at(out.slope, i) / out.at(out.first, i); });
}

// term and slope = ∂term/∂z of a loss that is computed from the output a, which replaces z.
template <class W>
void loss_from_output(const Outputs<W> &out) {
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
template <class X>
struct Total {
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
template <class W>
void finish_outputs(const Outputs<W> &out, double *total) {
    using T = typename W::T;
    const bool summed = out.loss == clearprop::categorical_cross_entropy;
    const T mean = summed ? T(1) : T(1) / out.n, share_of_sample = mean / T(out.rows);
    Total<typename W::S> losses(total);
    for (int i = 0; i < out.rows; i++)
        losses.add(sum_of(out.n, out.term + size_t(i) * out.n) * mean * out.weight[i]);
    losses.store(total);
    for (int i = 0; i < out.rows && out.weighted; i++) out.spread(out.first, i, out.weight);
    out.each([&](int i) {
        auto &slope = out.at(out.slope, i);
        slope = slope * (out.weighted ? out.at(out.first, i) * share_of_sample
                                      : all<typename W::V>(share_of_sample));
    });
}

// Losses and the output layer's delta; in `a` of a loss from outputs, a itself.
template <class W>
APART Outputs<W> lose(const Unit<W> &unit, int rows) {
    const Outputs<W> out(unit, rows);
    if (out.loss == clearprop::categorical_cross_entropy) categorical_cross_entropy(out);
    else if (out.loss == clearprop::binary_cross_entropy) binary_cross_entropy(out);
    else loss_from_output(out);
    finish_outputs(out, unit.total);
    return out;
}

}  // namespace CLEARPROP_NAMESPACE
