// Where a unit's samples come from: rows of the data, each member's in its own order.
#pragma once

#include "unit.h"

namespace CLEARPROP_NAMESPACE {

// The members of one unit, and where their samples come from.
template <class W>
struct Batcher {
    using T = typename W::T;
    using V = typename W::V;
    const Samples<T> &data;
    const int64_t *orders[lanes<T>];  // of each member
    int members;
    bool alike;  // all in the same order

    // Row i of x, y and weight becomes sample `at + i` of each member's order.
    void gather(const Unit<W> &unit, int64_t at, int rows, Team &team, int me) const {
        const Share mine = share(rows, team, me);
        for (int i = mine.first; i < mine.last; i++) {
            V *x = unit.x + size_t(i) * unit.x_stride;
            auto *y = unit.y + size_t(i) * unit.n_out();
            copy(data.X, unit.plan.sizes[0], at + i, reinterpret_cast<typename W::S *>(x));
            copy(data.y, unit.n_out(), at + i, y);
            if (data.weights) copy(data.weights, 1, at + i, unit.weight + i);
        }
    }

  private:
    INLINE void copy(const T *from, int n, int64_t at, typename W::S *to) const {
        const T *row = from + orders[0][at] * n;
        if constexpr (!W::many) {
            copy_row(to, row, n);
        } else if (alike) {
            for (int j = 0; j < n; j++) to[j] = all<V>(row[j]);
        } else {
            for (int k = 0; k < members; k++) {
                row = from + orders[k][at] * n;
                for (int j = 0; j < n; j++) reinterpret_cast<T *>(to + j)[k] = row[j];
            }
        }
    }
};

// While it lives, numbers too small to be normal (below 1e-38 in float) count as 0: they would slow
// the processor a hundredfold, and saturated networks are full of them.
class FlushingToZero {
  public:
    FlushingToZero() : before_(mode()) { set(before_ | flush); }
    ~FlushingToZero() { set(before_); }
    FlushingToZero(const FlushingToZero &) = delete;

  private:
#if defined(__x86_64__)
    static constexpr uint64_t flush = 0x8040;  // results, and operands
    static uint64_t mode() { return __builtin_ia32_stmxcsr(); }
    static void set(uint64_t mode) { __builtin_ia32_ldmxcsr(unsigned(mode)); }
#elif defined(__aarch64__)
    static constexpr uint64_t flush = uint64_t(1) << 24;
    static uint64_t mode() {
        uint64_t mode;
        asm volatile("mrs %0, fpcr" : "=r"(mode));
        return mode;
    }
    static void set(uint64_t mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
    static constexpr uint64_t flush = 0;
    static uint64_t mode() { return 0; }
    static void set(uint64_t) {}
#endif
    uint64_t before_;
};

}  // namespace CLEARPROP_NAMESPACE
