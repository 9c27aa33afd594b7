// Forward: z = a_prev W + b and a = f(z), layer by layer.
//
// The names are those of src/clearprop/equations/backprop.py. What backward needs of a layer is its
// slope f′(z), which falls off with a: it waits in `d`, until the delta takes its place.
#pragma once

#include "unit.h"

namespace CLEARPROP_NAMESPACE {

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

template <class W>
APART void drop(const Layer<W> &layer, int row, int rows, int column, int columns) {
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
APART void dense(const Unit<W> &unit, int l, int rows, bool activates, bool drops, Team &team,
                 int me) {
    if (!activates) dense_then<Then::nothing>(unit, l, rows, drops, team, me);
    else if (unit.layers[l].activation == relu)
        dense_then<Then::relu>(unit, l, rows, drops, team, me);
    else dense_then<Then::whatever>(unit, l, rows, drops, team, me);
}

}  // namespace CLEARPROP_NAMESPACE
