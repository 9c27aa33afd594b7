// exp, expm1, log1p, log, tanh and sigmoid for a register at once.
//
// The C library has them one number at a time. Each is written once, for float and double: a
// reduction to a small interval and a series cut where its rest falls below the last bit. All are
// good to a few units in the last place and pass NaN on.
#pragma once

#include "vector.h"

namespace CLEARPROP_NAMESPACE {

// 2^n for whole n in the normal range: n goes straight into the exponent bits.
template <class X>
INLINE X two_to(X n) {
    using T = Number<X>;
    using K = Types<T>;
    return (X)((__builtin_convertvector(n, Integers<T>) + K::bias) << K::mantissa);
}

// c[0] + c[1] x + c[2] x² + ..., every `stride`-th of them: even and odd powers apart (Estrin),
// which waits for log2(n) products instead of n.
template <int n, int stride = 1, class X, class T>
INLINE X polynomial(X x, const T *c) {
    if constexpr (n == 1) return all<X>(c[0]);
    else {
        const X square = x * x;
        return fused(x, polynomial<n / 2, 2 * stride>(square, c + stride),
                     polynomial<(n + 1) / 2, 2 * stride>(square, c));
    }
}

template <class T, int n>
struct Coefficients {
    T c[n];
};
template <class T, int n>
constexpr Coefficients<T, n> exponential_series() {  // 1/k! from k = 1
    Coefficients<T, n> result{};
    long double factorial = 1;
    for (int k = 0; k < n; k++) factorial *= k + 1, result.c[k] = T(1 / factorial);
    return result;
}
template <class T, int n>
constexpr Coefficients<T, n> artanh_series() {  // 2/(2k + 1)
    Coefficients<T, n> result{};
    for (int k = 0; k < n; k++) result.c[k] = T(2.0L / (2 * k + 1));
    return result;
}

template <class X>
struct Exponential {
    X scale, minus_one;  // e^x = scale + scale · minus_one
};

// For x <= 0: x = n ln 2 + r with |r| <= ln 2 / 2; scale = 2^n and minus_one = e^r − 1, by Taylor.
template <class X>
INLINE Exponential<X> exponential(X x) {
    using T = Number<X>;
    constexpr bool single = sizeof(T) == 4;
    constexpr int terms = single ? 7 : 13;
    constexpr T lowest = single ? -87 : -708;  // below, 2^n would leave the normal numbers
    constexpr T shifter = single ? 12582912.0 : 6755399441055744.0;  // adding it rounds to whole
    constexpr T ln2_high = single ? 0.693145751953125 : 0.693147180369123816490;
    constexpr T ln2_low = single ? 1.42860682030941723212e-6 : 1.90821492927058770002e-10;
    x = x < lowest ? all<X>(lowest) : x;
    const X n = fused(x, all<X>(T(1.44269504088896340736)), all<X>(shifter)) - shifter;
    const X r = fused(n, all<X>(-ln2_low), fused(n, all<X>(-ln2_high), x));
    static constexpr auto series = exponential_series<T, terms>();
    return {two_to(n), r * polynomial<terms>(r, series.c)};  // r (1 + r/2! + r²/3! + ...)
}

// e^x for x <= 0; 0 where a normal number cannot hold it.
template <class X>
INLINE X exp_nonpositive(X x) {
    constexpr Number<X> lowest = sizeof(Number<X>) == 4 ? -87 : -708;
    const auto [scale, minus_one] = exponential(x);
    return x < lowest ? X{} : scale + scale * minus_one;
}

// e^x − 1 for x <= 0, without losing the digits of a small x.
template <class X>
INLINE X expm1_nonpositive(X x) {
    const auto [scale, minus_one] = exponential(x);
    return scale * minus_one + (scale - 1);
}

// ln(1 + y) for 0 <= y <= 1: 2 artanh s = 2 (s + s³/3 + s⁵/5 + ...) with s = y/(2 + y) <= 1/3.
template <class X>
INLINE X log1p_fraction(X y) {
    using T = Number<X>;
    constexpr int terms = sizeof(T) == 4 ? 8 : 17;
    static constexpr auto series = artanh_series<T, terms>();
    const X s = y / (2 + y);
    return s * polynomial<terms>(s * s, series.c);
}

// ln x for x >= 1: x = 2^n (1 + y) with 0 <= y < 1.
template <class X>
INLINE X log_from_one(X x) {
    using T = Number<X>;
    using K = Types<T>;
    constexpr T ln2 = 0.693147180559945309417;
    constexpr typename K::Integer one = typename K::Integer(K::bias) << K::mantissa;
    constexpr typename K::Integer fraction = (typename K::Integer(1) << K::mantissa) - 1;
    const Integers<T> bits = (Integers<T>)x;
    const X n = __builtin_convertvector((bits >> K::mantissa) - K::bias, X);
    const X m = (X)((bits & fraction) | one);
    return n * ln2 + log1p_fraction(m - 1) + (x - x);  // infinity and NaN show
}

// tanh z = −m / (2 + m) with m = e^{−2|z|} − 1, and the sign of z.
template <class X>
INLINE X tanh_of(X z) {
    const X m = expm1_nonpositive(-2 * absolute(z));
    const X t = -m / (2 + m);
    return z < 0 ? -t : t;
}

// 1 / (1 + e^−z), from e = e^{−|z|}, which never overflows.
template <class X>
INLINE X sigmoid_from(X z, X e) {
    return (z < 0 ? e : all<X>(1)) / (1 + e);
}
template <class X>
INLINE X sigmoid_of(X z) {
    return sigmoid_from(z, exp_nonpositive(-absolute(z)));
}

}  // namespace CLEARPROP_NAMESPACE
