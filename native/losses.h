// Losses, element by element: each gives the sample's loss term and its derivative.
//
// As in src/clearprop/equations/losses.py, where the derivations stand: the binary cross-entropy
// takes the logit z, the others the output a. A sample's loss is the mean of its terms. The two
// that mix a row, softmax and the categorical cross-entropy, follow below.
#pragma once

#include "activations.h"

namespace CLEARPROP_NAMESPACE {

template <class X>
struct Lost {
    X term, slope;  // slope = ∂term/∂a, or ∂term/∂z for a loss from logits
};

struct MeanSquaredError {
    template <class X>
    static INLINE Lost<X> of(X a, X y) {
        const X r = a - y;
        return {r * r, 2 * r};
    }
};
struct HalfSquaredError {
    template <class X>
    static INLINE Lost<X> of(X a, X y) {
        const X r = a - y;
        return {Number<X>(0.5) * r * r, r};
    }
};
struct MeanAbsoluteError {
    template <class X>
    static INLINE Lost<X> of(X a, X y) {
        const X r = a - y;
        return {absolute(r), sign(r)};
    }
};
struct Huber {  // its threshold is 1
    template <class X>
    static INLINE Lost<X> of(X a, X y) {
        const X r = a - y, size = absolute(r), half = all<X>(Number<X>(0.5));
        return {size <= 1 ? half * r * r : size - half, clamp(r, all<X>(-1), all<X>(1))};
    }
};
struct BinaryCrossEntropy {
    template <class X>
    static INLINE Lost<X> of(X z, X y) {
        const X e = exp_nonpositive(-absolute(z));
        return {softplus_from(z, e) - z * y, sigmoid_from(z, e) - y};
    }
};

// Calls `use(Huber{})` and so on for the elementwise loss of that number in `loss_names`.
template <class Use>
INLINE void with_loss(int number, Use use) {
    switch (number) {
        case 0:
            return use(MeanSquaredError{});
        case 1:
            return use(HalfSquaredError{});
        case 2:
            return use(MeanAbsoluteError{});
        case 3:
            return use(Huber{});
        default:
            return use(BinaryCrossEntropy{});
    }
}

// ---- rows: n_out values of one sample, S a number or a register of members ------------------

// z ← z − max z: softmax is the same, and nothing overflows.
template <class S>
INLINE void shift_by_largest(int n, S *z) {
    S largest = z[0];
    for (int j = 1; j < n; j++) largest = maximum(z[j], largest);
    for (int j = 0; j < n; j++) z[j] = z[j] - largest;
}

template <class S>
INLINE S sum_of(int n, const S *x) {
    S sum = x[0];
    for (int j = 1; j < n; j++) sum = sum + x[j];
    return sum;
}

// dz_k = a_k (da_k − Σ_j a_j da_j), in place of da.
template <class S>
INLINE void softmax_backward(int n, const S *a, S *da) {
    S mixed = a[0] * da[0];
    for (int j = 1; j < n; j++) mixed = mixed + a[j] * da[j];
    for (int j = 0; j < n; j++) da[j] = a[j] * (da[j] - mixed);
}

}  // namespace CLEARPROP_NAMESPACE
