// Backward: (BP2) from delta to delta, (BP3) and (BP4) from delta to the gradients.
#pragma once

#include "unit.h"

namespace CLEARPROP_NAMESPACE {

// Small layers, a register wide: number by number.
template <class W>
void turn_small(const Layer<W> &layer) {
    using T = typename W::T;
    const T *w = reinterpret_cast<const T *>(layer.w);
    T *transposed = reinterpret_cast<T *>(layer.transposed);
    for (int i = 0; i < layer.n_in; i++)
        for (int j = 0; j < layer.n_out; j++) transposed[j * lanes<T> + i] = w[i * lanes<T> + j];
}

// Wᵀ in panels: what (BP2) multiplies by.
template <class W>
APART void turn(const Layer<W> &layer, Team &team, int me) {
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
                    square[i] =
                        c * n + i < layer.n_in
                            ? layer.w[Layer<W>::place(c * n + i, b, layer.n_in, layer.columns)]
                            : Vector<T>{};
                transpose<T>(square);
                for (int j = 0; j < n && b * n + j < layer.n_out; j++)
                    layer.transposed[Layer<W>::place(b * n + j, c, layer.n_out, columns)] =
                        square[j];
            }
    }
}

// (BP2) delta_prev = (delta Wᵀ) · f′(z_prev): the slope in `d` makes room for the delta.
template <class W>
APART void pull_back(const Unit<W> &unit, int l, int rows, Team &team, int me) {
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
        accumulate<W::many ? 0 : 16>(rows, a_prev + i, 1, unit.elements(a_stride), layer.d + j,
                                     layer.stride, sum);
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

}  // namespace CLEARPROP_NAMESPACE
