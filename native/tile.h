// The one matrix product of the house: C = A·B in tiles that stay in registers.
//
//     for r, c:  C[r][c] = start + Σ_k A[r][k] · B[k][c]        (k in order, always)
//
// What is fast here: M × N sums live in registers while k runs, so that each number loaded is used
// M or N times; B is stored in panels of N columns, so that it is read front to back; and whatever
// happens to a finished sum (activation, times slope, update of a weight) is done by the caller's
// `finish` while the sum is still in a register.
//
// An element of A is a plain number (times a register of neighbouring columns: a *panel*) or a
// register of many networks (times a register of the same networks: a *lane*). The sums are the
// same, in the same order, to the last bit: k is never split.
#pragma once

#include <sched.h>

#include "contract.h"
#include "vector.h"

namespace CLEARPROP_NAMESPACE {

template <class T_, bool many_>
struct World {
    using T = T_;
    static constexpr bool many = many_;
    using V = Vector<T>;
    using S = std::conditional_t<many, V, T>;                 // an element of A
    static constexpr int per_register = many ? 1 : lanes<T>;  // columns of one network in a V
    static constexpr int panel = many ? 4 : 2;                // N at most, in registers
    static constexpr int block = many ? registers / 8 : registers * 3 / 8;  // M at most
    static constexpr int columns(int n) { return (n + per_register - 1) / per_register; }
};

template <int n>
struct Count {
    static constexpr int value = n;
};

// An element of A as a register: a number goes into every lane.
template <class V>
INLINE V spread(Number<V> x) {
    return all<V>(x);
}
template <class V>
INLINE V spread(V x) {
    return x;
}

template <int ahead = 0, int M, int N, class S, class V>
INLINE void accumulate(int depth, const S *a, ptrdiff_t a_row, ptrdiff_t a_depth, const V *b,
                       ptrdiff_t b_depth, V (&sum)[M][N]) {
    for (int k = 0; k < depth; k++, a += a_depth, b += b_depth) {
        if constexpr (ahead > 0) {
            __builtin_prefetch(a + ahead * a_depth);
            __builtin_prefetch(b + ahead * b_depth), __builtin_prefetch(b + ahead * b_depth + 1);
        }
#pragma GCC unroll 16
        for (int m = 0; m < M; m++) {
            const V left = spread<V>(a[m * a_row]);
#pragma GCC unroll 8
            for (int n = 0; n < N; n++) sum[m][n] = fused(left, b[n], sum[m][n]);
        }
    }
}

// The tiles of a matrix of `rows` × `columns` registers. Rows are taken in slices whose part of A
// (`depth` numbers a row) stays in the second cache; within a slice, panel by panel.
template <class W>
struct Tiles {
    static constexpr int cached = 512 * 1024;  // bytes of A in a slice
    int rows, columns, slice;                  // of which slice in blocks of rows

    Tiles(int rows_, int columns_, int depth) : rows(rows_), columns(columns_) {
        const int64_t row_bytes = int64_t(depth) * int(sizeof(typename W::S));
        slice = blocks(rows);
        if (rows * row_bytes > cached) slice = 1 + int(cached / row_bytes) / W::block;
    }
    static int blocks(int rows) { return (rows + W::block - 1) / W::block; }
    int panels() const { return (columns + W::panel - 1) / W::panel; }
    int count() const { return blocks(rows) * panels(); }

    // Calls body(Count<M>, Count<N>, row, column) for the tiles from `first` to `last`; M falls in
    // powers of two at the lower edge, N is what is left at the right edge.
    template <class Body>
    INLINE void each(int first, int last, Body body) const {
        int from = 0, column = 0, row = 0;  // first row of the slice; the tile
        if (first) place(first, from, column, row);
        for (int tile = first; tile < last; tile++, row += W::block) {
            const int end = from + slice * W::block < rows ? from + slice * W::block : rows;
            if (row >= end) row = from, column += W::panel;
            if (column >= columns) row = from = end, column = 0;
            const int height = rows - row < W::block ? rows - row : W::block;
            const int width = columns - column < W::panel ? columns - column : W::panel;
            if (width >= W::panel) down<W::panel>(row, height, column, body);
            else if (W::panel > 2 && width == 3) down<3>(row, height, column, body);
            else if (W::panel > 2 && width == 2) down<2>(row, height, column, body);
            else down<1>(row, height, column, body);
        }
    }

  private:
    void place(int tile, int &from, int &column, int &row) const {
        from = tile / (slice * panels()) * slice;
        tile -= from * panels();
        const int high = blocks(rows) - from < slice ? blocks(rows) - from : slice;
        column = tile / high * W::panel, row = (from + tile % high) * W::block, from *= W::block;
    }
    template <int N, class Body>
    static INLINE void down(int row, int height, int column, Body &body) {
        if (height == W::block) return body(Count<W::block>{}, Count<N>{}, row, column);
        if constexpr (W::block > 8) {
            if (height & 8) body(Count<8>{}, Count<N>{}, row, column), row += 8;
        }
        if constexpr (W::block > 4) {
            if (height & 4) body(Count<4>{}, Count<N>{}, row, column), row += 4;
        }
        if constexpr (W::block > 2) {
            if (height & 2) body(Count<2>{}, Count<N>{}, row, column), row += 2;
        }
        if (height & 1) body(Count<1>{}, Count<N>{}, row, column);
    }
};

// ---- threads that share one network ---------------------------------------------------------

// Waits until all threads of the team are here. Turns a while before it yields the processor.
inline void wait_for_all(clearprop::Team &team) {
    if (team.size == 1) return;
    const int phase = __atomic_load_n(&team.phase, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&team.arrived, 1, __ATOMIC_ACQ_REL) == team.size) {
        __atomic_store_n(&team.arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&team.phase, phase + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int turn = 0; __atomic_load_n(&team.phase, __ATOMIC_ACQUIRE) == phase; turn++) {
        if (turn > 500) sched_yield();
#if defined(__x86_64__)
        else __builtin_ia32_pause();
#endif
    }
}

struct Share {
    int first, last;
};
INLINE Share share(int count, const clearprop::Team &team, int me) {
    if (team.size == 1) return {0, count};  // a division costs more than many a step's phase
    return {int(int64_t(count) * me / team.size), int(int64_t(count) * (me + 1) / team.size)};
}

}  // namespace CLEARPROP_NAMESPACE
