// A register of numbers, and the few operations that the language has no operator for.
//
// `Vector<T>` is a compiler vector type (GCC and Clang): +, -, *, /, comparisons and `?:` work on
// it element by element, for whatever width the instruction set gives, and a pointer to one may
// point to plain numbers (vector types alias their elements). Every helper below is overloaded for
// a plain number as well, so that one formula serves a register and a scalar; a lane of a GPU would
// be the scalar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#include <type_traits>

// Everything lives in a namespace of its instruction set: the linker must never take a function
// that was compiled for a newer processor.
#define CLEARPROP_JOIN_(a, b) a##b
#define CLEARPROP_JOIN(a, b) CLEARPROP_JOIN_(a, b)
#define CLEARPROP_NAMESPACE CLEARPROP_JOIN(clearprop_, CLEARPROP_ISA)

namespace CLEARPROP_NAMESPACE {

#if defined(__AVX512F__)
constexpr int register_bytes = 64, registers = 32;
#elif defined(__aarch64__)
constexpr int register_bytes = 16, registers = 32;
#elif defined(__AVX__)
constexpr int register_bytes = 32, registers = 16;
#else
constexpr int register_bytes = 16, registers = 16;
#endif

#define INLINE inline __attribute__((always_inline))
#define APART __attribute__((noinline))

template <class T>
struct Types;
template <>
struct Types<float> {
    typedef float Vector __attribute__((vector_size(register_bytes)));
    typedef int32_t Integers __attribute__((vector_size(register_bytes)));
    typedef int32_t Integer;
    static constexpr int mantissa = 23, bias = 127;
};
template <>
struct Types<double> {
    typedef double Vector __attribute__((vector_size(register_bytes)));
    typedef int64_t Integers __attribute__((vector_size(register_bytes)));
    typedef int64_t Integer;
    static constexpr int mantissa = 52, bias = 1023;
};
template <class T>
using Vector = typename Types<T>::Vector;
template <class T>
using Integers = typename Types<T>::Integers;
template <class T>
constexpr int lanes = register_bytes / int(sizeof(T));

// The number inside: float for float and for Vector<float>.
template <class X>
struct NumberOf {
    typedef X type;
};
template <>
struct NumberOf<Vector<float>> {
    typedef float type;
};
template <>
struct NumberOf<Vector<double>> {
    typedef double type;
};
template <class X>
using Number = typename NumberOf<X>::type;

// x in every lane. (x − 0 is x for every x, −0 included, and compiles to one broadcast.)
template <class X>
INLINE X all(Number<X> x) {
    if constexpr (sizeof(X) == sizeof(Number<X>)) return x;
    else return x - X{};
}

template <class X>
INLINE X maximum(X a, X b) {
    return a > b ? a : b;
}
template <class X>
INLINE X absolute(X x) {
    return x < 0 ? -x : x;
}
template <class X>
INLINE X clamp(X x, X low, X high) {  // NaN stays NaN
    return x < low ? low : (x > high ? high : x);
}
template <class X>
INLINE X sign(X x) {
    const X one = all<X>(1), zero{};
    return x > zero ? one : (x < zero ? -one : x - x);  // 0 at 0, NaN at NaN
}

// a b + c, rounded once where the processor can. Elsewhere the compiler must not fuse a product and
// a sum of its own accord (-ffp-contract=off): which it chose would depend on what stands around,
// and so would the last bit.
#if defined(__AVX512F__)
INLINE Vector<float> fused(Vector<float> a, Vector<float> b, Vector<float> c) {
    return (Vector<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
INLINE Vector<double> fused(Vector<double> a, Vector<double> b, Vector<double> c) {
    return (Vector<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif defined(__FMA__)
INLINE Vector<float> fused(Vector<float> a, Vector<float> b, Vector<float> c) {
    return (Vector<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
INLINE Vector<double> fused(Vector<double> a, Vector<double> b, Vector<double> c) {
    return (Vector<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#elif defined(__aarch64__)
INLINE Vector<float> fused(Vector<float> a, Vector<float> b, Vector<float> c) {
    return (Vector<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
INLINE Vector<double> fused(Vector<double> a, Vector<double> b, Vector<double> c) {
    return (Vector<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#else
template <class V>
INLINE V fused(V a, V b, V c) {
    return a * b + c;
}
#endif

template <class X>
INLINE X square_root(X x) {
    using T = Number<X>;
    if constexpr (sizeof(X) == sizeof(T)) {
        if constexpr (sizeof(T) == 4) return __builtin_sqrtf(x);
        else return __builtin_sqrt(x);
    } else {
        X result;
        for (int i = 0; i < lanes<T>; i++) result[i] = square_root<T>(x[i]);  // one instruction
        return result;
    }
}

// The number in the first lane.
template <class X>
INLINE Number<X> first_of(X x) {
    if constexpr (sizeof(X) == sizeof(Number<X>)) return x;
    else return x[0];
}

// Copies n neighbours. Short rows by a loop as written: a call of memcpy for each would cost more
// than the copy, and the empty asm keeps the compiler from putting one there.
template <class X>
INLINE void copy_row(X *to, const X *from, int n) {
    if (n >= 16) std::memcpy(to, from, size_t(n) * sizeof(X));
    else
        for (int j = 0; j < n; j++) {
            to[j] = from[j];
            asm volatile("");
        }
}

// ---- transposing a square block of registers ------------------------------------------------

// Lanes of a and b, taken in turn: the low (or high) halves of both.
template <class T, bool high>
INLINE Vector<T> interleave(Vector<T> a, Vector<T> b) {
    constexpr int n = lanes<T>, from = high ? n / 2 : 0;
    Integers<T> pick;
    for (int i = 0; i < n; i++) pick[i] = from + i / 2 + (i % 2) * n;
#if defined(__clang__)
    Vector<T> r;
    for (int i = 0; i < n; i++) r[i] = pick[i] < n ? a[pick[i]] : b[pick[i] - n];
    return r;
#else
    return __builtin_shuffle(a, b, pick);
#endif
}

// rows[i][j] becomes rows[j][i]: log2(lanes) rounds of a perfect shuffle.
template <class T>
INLINE void transpose(Vector<T> (&rows)[lanes<T>]) {
    constexpr int n = lanes<T>;
    for (int round = 1; round < n; round *= 2) {
        Vector<T> next[n];
        for (int i = 0; i < n / 2; i++) {
            next[2 * i] = interleave<T, false>(rows[i], rows[i + n / 2]);
            next[2 * i + 1] = interleave<T, true>(rows[i], rows[i + n / 2]);
        }
        for (int i = 0; i < n; i++) rows[i] = next[i];
    }
}

}  // namespace CLEARPROP_NAMESPACE
