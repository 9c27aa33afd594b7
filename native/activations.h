// Activations: a = f(z) and, from the same intermediate values, the slope f′(z).
//
// Backward then needs nothing but `dz = da · slope`. The formulas are those of
// src/clearprop/equations/activations.py, where their derivations and sources stand, and are
// tested against it. Softmax, which mixes its whole row, is in losses.h.
#pragma once

#include "contract.h"
#include "elementary.h"

namespace CLEARPROP_NAMESPACE {

template <class X>
struct Activated {
    X a, slope;
};

struct Identity {
    template <class X>
    static INLINE Activated<X> of(X z) {
        return {z, all<X>(1)};
    }
};
struct Sigmoid {
    template <class X>
    static INLINE Activated<X> of(X z) {
        const X a = sigmoid_of(z);
        return {a, a * (1 - a)};
    }
};
struct Tanh {
    template <class X>
    static INLINE Activated<X> of(X z) {
        const X a = tanh_of(z);
        return {a, 1 - a * a};
    }
};
struct Relu {
    template <class X>
    static INLINE Activated<X> of(X z) {
        return {z < 0 ? X{} : z, z > 0 ? all<X>(1) : X{}};
    }
};
struct LeakyRelu {
    template <class X>
    static INLINE Activated<X> of(X z) {
        const X slope = z > 0 ? all<X>(1) : all<X>(Number<X>(0.01));
        return {z * slope, slope};
    }
};
template <class X>
INLINE Activated<X> elu(X z, Number<X> alpha) {
    const X below = alpha * expm1_nonpositive(z > 0 ? X{} : z);
    return {z > 0 ? z : below, z > 0 ? all<X>(1) : below + alpha};
}
struct Elu {
    template <class X>
    static INLINE Activated<X> of(X z) {
        return elu(z, Number<X>(1));
    }
};
struct Selu {
    template <class X>
    static INLINE Activated<X> of(X z) {
        const Number<X> scale = 1.0507009873554805;
        const auto [a, slope] = elu(z, Number<X>(1.6732632423543772));
        return {scale * a, scale * slope};
    }
};
template <class X>
INLINE X softplus_from(X z, X e) {  // max(z, 0) + ln(1 + e^−|z|)
    return (z < 0 ? X{} : z) + log1p_fraction(e);
}
struct Softplus {
    template <class X>
    static INLINE Activated<X> of(X z) {
        const X e = exp_nonpositive(-absolute(z));
        return {softplus_from(z, e), sigmoid_from(z, e)};
    }
};
struct Gelu {
    template <class X>
    static INLINE Activated<X> of(X z) {
        using T = Number<X>;
        const T c = 0.79788456080286535588;  // √(2/π)
        const X t = tanh_of(c * (z + T(0.044715) * z * z * z));
        const X du_dz = c * (1 + T(0.134145) * z * z);
        return {T(0.5) * z * (1 + t), T(0.5) * (1 + t) + T(0.5) * z * (1 - t * t) * du_dz};
    }
};
struct Silu {
    template <class X>
    static INLINE Activated<X> of(X z) {
        const X s = sigmoid_of(z), a = z * s;
        return {a, s + a * (1 - s)};
    }
};
struct Mish {
    template <class X>
    static INLINE Activated<X> of(X z) {
        const X e = exp_nonpositive(-absolute(z));
        const X t = tanh_of(softplus_from(z, e));
        return {z * t, t + z * (1 - t * t) * sigmoid_from(z, e)};
    }
};

using clearprop::relu;
using clearprop::sigmoid;

// Calls `use(Relu{})` and so on for the activation of that number in `activation_names`
// (contract.h); softmax, the last, counts as identity here.
template <class Use>
INLINE void with_activation(int number, Use use) {
    switch (number) {
        case sigmoid:
            return use(Sigmoid{});
        case 2:
            return use(Tanh{});
        case relu:
            return use(Relu{});
        case 4:
            return use(LeakyRelu{});
        case 5:
            return use(Elu{});
        case 6:
            return use(Selu{});
        case 7:
            return use(Softplus{});
        case 8:
            return use(Gelu{});
        case 9:
            return use(Silu{});
        case 10:
            return use(Mish{});
        default:
            return use(Identity{});
    }
}

}  // namespace CLEARPROP_NAMESPACE
