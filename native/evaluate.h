// Losses and scores of a unit on blocks of samples, without dropout.
#pragma once

#include "forward.h"
#include "outputs.h"
#include "samples.h"

namespace CLEARPROP_NAMESPACE {

using clearprop::Evaluation;

// What is scored: a. After a loss from logits, z is still there (softmax: shifted, which is all
// one).
template <class W>
void activate_outputs(const Outputs<W> &out) {
    if (out.loss == clearprop::binary_cross_entropy)
        out.each([&](int i) { out.at(out.z, i) = sigmoid_of(out.at(out.z, i)); });
    if (out.loss == clearprop::categorical_cross_entropy) softmax(out);
}

// Whether each member is right: each output on its side of ½, or the largest of several classes.
template <class W>
void count_hits(const Outputs<W> &out, double *tally) {
    using T = typename W::T;
    using S = typename W::S;
    const T half = 0.5;
    const bool sides = out.n == 1 || out.activation == sigmoid;
    Total<S> hits(tally);
    for (int i = 0; i < out.rows; i++) {
        const S *a = out.z + size_t(i) * out.n, *y = out.y + size_t(i) * out.n;
        S hit = all<S>(1), guess{}, truth{}, highest = a[0], most = y[0];
        for (int j = 0; j < out.n; j++) {
            if (sides) hit = (a[j] >= half) == (y[j] >= half) ? hit : S{};
            guess = a[j] > highest ? all<S>(T(j)) : guess, highest = maximum(a[j], highest);
            truth = y[j] > most ? all<S>(T(j)) : truth, most = maximum(y[j], most);
        }
        hits.add(sides ? hit : (guess == truth ? all<S>(1) : S{}));
    }
    hits.store(tally);
}
template <class W>
void add_squared_errors(const Outputs<W> &out, double *tally) {
    Total<typename W::S> errors(tally);
    for (int i = 0; i < out.rows * out.n; i++) errors.add_squared_difference(out.z[i], out.y[i]);
    errors.store(tally);
}

// The blocks of samples `block`, `block + stride`, ...: see Functions in contract.h.
template <class T, bool many>
void evaluate(const Evaluation<T> &call, int64_t first, int64_t count, void *memory, int64_t block,
              int64_t stride) {
    using W = World<T, many>;
    const FlushingToZero flushing;
    Arena arena(memory);
    Unit<W> unit(call.plan, arena, clearprop::evaluation_block, int(count), false);
    Team alone;
    int64_t members[lanes<T>], rows_in_order[clearprop::evaluation_block];
    for (int k = 0; k < count; k++) members[k] = first + k;
    pack(unit, unit.first_parameters, call.parameters, call.n_parameters, members, alone, 0);
    const int64_t n_blocks =
        (call.data.n + clearprop::evaluation_block - 1) / clearprop::evaluation_block;
    for (auto *w = unit.weight; w < unit.weight + clearprop::evaluation_block; w++)
        *w = all<typename W::S>(1);
    unit.weighted = call.data.weights != nullptr;
    Batcher<W> batcher{call.data, {rows_in_order}, int(count), true};
    for (; block < n_blocks; block += stride) {
        const int64_t at = block * clearprop::evaluation_block, left = call.data.n - at;
        const int rows =
            int(left < clearprop::evaluation_block ? left : clearprop::evaluation_block);
        for (int i = 0; i < rows; i++) rows_in_order[i] = at + i;
        batcher.gather(unit, 0, rows, alone, 0);
        for (int l = 0; l < unit.n_layers; l++)
            dense(unit, l, rows, l + 1 < unit.n_layers, false, alone, 0);
        for (int k = 0; k < lanes<T>; k++) unit.total[k] = unit.tally[k] = 0;
        const Outputs<W> out = lose(unit, rows);
        activate_outputs(out);
        if (call.plan.scores_hits) count_hits(out, unit.tally);
        else add_squared_errors(out, unit.tally);
        for (int k = 0; k < count; k++) {
            call.losses[(first + k) * n_blocks + block] = unit.total[k];
            call.tallies[(first + k) * n_blocks + block] = unit.tally[k];
        }
    }
}

}  // namespace CLEARPROP_NAMESPACE
