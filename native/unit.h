// One network, or a register of networks, in the layout in which they are computed.
//
// A layer's weights stand in panels (tile.h); its update rule's memory stands in the same layout
// behind them. State is only copied in here, never referred to: if a member fails, the state before
// the call is still whole, and `train` (train.h) goes back to it.
#pragma once

#include "losses.h"
#include "philox.h"
#include "tile.h"
#include "updates.h"

namespace CLEARPROP_NAMESPACE {

using clearprop::Plan;
using clearprop::Samples;
using clearprop::Team;
using clearprop::Training;

// Hands out one block of memory piece by piece, each on a cache line of its own.
class Arena {
  public:
    explicit Arena(void *memory) : at_(reinterpret_cast<uintptr_t>(memory)) {}
    template <class X>
    X *take(size_t n) {
        X *result = reinterpret_cast<X *>(at_ + used_);
        used_ += (n * sizeof(X) + 63) / 64 * 64;
        return result;
    }
    size_t used() const { return used_; }

  private:
    uintptr_t at_;  // a number: with 0, it only measures
    size_t used_ = 0;
};

template <class W>
struct Layer {
    using V = typename W::V;
    int n_in, n_out, columns, stride, activation;
    size_t size;          // registers in a copy of the parameters, biases last
    V *w, *g;             // weights, gradient (where it must be kept)
    V *slots[clearprop::slots_at_most];  // the rule's memory
    V *transposed;        // Wᵀ in panels, for all layers but the first
    V *a, *d;             // (rows, stride): activation; slope, then delta
    V *mask;              // (rows, stride), where something is dropped

    V *bias(V *copy) const { return copy + size - columns; }
    // Where column c (a register) of row i stands, in panels of `depth` rows.
    static INLINE size_t place(int i, int c, int depth, int columns) {
        const int panel = c / W::panel * W::panel;
        const int width = columns - panel < W::panel ? columns - panel : W::panel;
        return size_t(panel) * depth + size_t(i) * width + (c - panel);
    }
};

template <class W>
struct Unit {
    using T = typename W::T;
    using V = typename W::V;
    using S = typename W::S;

    const Plan &plan;
    int n_layers, members;  // members: registers' lanes in use
    Layer<W> layers[clearprop::most_layers];
    V *first_parameters;  // weights and memory of all layers, in one piece
    size_t parameter_registers;
    V *x;  // (rows, x_stride): the inputs
    int x_stride;
    // Of the outputs, sample after sample, no gaps: see outputs.h.
    S *z, *y, *term, *slope, *first, *second, *weight, *sum, *log_sum;
    bool weighted = false;
    double *total, *tally;  // of each member: Σ loss and score over samples

    Unit(const Plan &p, Arena &arena, int64_t rows, int count, bool trains)
        : plan(p), n_layers(p.n_layers), members(count) {
        const int slots = trains ? p.n_slots : 0;
        parameter_registers = 0;
        for (int l = 0; l < n_layers; l++) shape(l);
        first_parameters = arena.take<V>(parameter_registers * (1 + slots));
        V *next = first_parameters;
        for (int l = 0; l < n_layers; l++) {
            layers[l].w = next;
            for (int s = 0; s < slots; s++)
                layers[l].slots[s] = next + (s + 1) * parameter_registers;
            next += layers[l].size;
        }
        x_stride = stride_of(W::columns(p.sizes[0]));
        x = arena.take<V>(rows * x_stride);
        for (int l = 0; l < n_layers; l++) buffers(l, arena, rows, trains);
        outputs(arena, rows);
    }

    // An odd number of cache lines from row to row: a power of two would fill few cache sets.
    static int stride_of(int columns) { return columns < 8 ? columns : columns | 1; }
    static ptrdiff_t elements(ptrdiff_t registers) { return registers * (W::many ? 1 : lanes<T>); }
    S *row(V *matrix, int stride, int i) const {
        return reinterpret_cast<S *>(matrix + size_t(i) * stride);
    }
    int n_out() const { return plan.sizes[n_layers]; }

  private:
    void shape(int l) {
        Layer<W> &layer = layers[l];
        layer.n_in = plan.sizes[l], layer.n_out = plan.sizes[l + 1];
        layer.columns = W::columns(layer.n_out);
        layer.activation = plan.activations[l];
        layer.stride = l + 1 == n_layers ? layer.columns : stride_of(layer.columns);
        layer.size = size_t(layer.n_in + 1) * layer.columns;
        parameter_registers += layer.size;
    }
    void buffers(int l, Arena &arena, int64_t rows, bool trains) {
        Layer<W> &layer = layers[l];
        layer.a = arena.take<V>(rows * layer.stride);
        layer.d = arena.take<V>(rows * layer.stride);
        layer.mask = trains && plan.drops ? arena.take<V>(rows * layer.stride) : nullptr;
        const bool keeps = trains && plan.clip == clearprop::clip_norm;
        layer.g = keeps ? arena.take<V>(layer.size) : nullptr;
        const size_t turned = size_t(W::columns(layer.n_in)) * layer.n_out;
        layer.transposed = trains && l > 0 ? arena.take<V>(turned) : nullptr;
    }
    void outputs(Arena &arena, int64_t rows) {
        // Whole registers are read and written: one more than needed, for numbers.
        const size_t count = size_t(rows) * n_out() + lanes<T>, each = size_t(rows) + lanes<T>;
        z = arena.take<S>(count), y = arena.take<S>(count);
        term = arena.take<S>(count), slope = arena.take<S>(count);
        first = arena.take<S>(count), second = arena.take<S>(count);
        weight = arena.take<S>(each), sum = arena.take<S>(each), log_sum = arena.take<S>(each);
        total = arena.take<double>(lanes<T>);
        tally = arena.take<double>(lanes<T>);
    }
};

// ---- in and out -----------------------------------------------------------------------------

// Visits every register of parameters: move(place in the unit, place in the flat vector of the
// first neuron, neurons that the register holds). Biases are each layer's last row.
template <class W, class Move>
INLINE void each_parameter(const Unit<W> &unit, Team &team, int me, Move move) {
    size_t flat = 0;
    for (int l = 0; l < unit.n_layers; l++) {
        const Layer<W> &layer = unit.layers[l];
        const Share mine = share(layer.n_in + 1, team, me);
        for (int i = mine.first; i < mine.last; i++) {
            for (int c = 0; c < layer.columns; c++) {
                const size_t place = i < layer.n_in
                                         ? Layer<W>::place(i, c, layer.n_in, layer.columns)
                                         : layer.size - layer.columns + c;
                const int column = c * W::per_register;
                const int n =
                    layer.n_out - column < W::per_register ? layer.n_out - column : W::per_register;
                move(layer.w - unit.first_parameters + place,
                     flat + size_t(i) * layer.n_out + column, n);
            }
        }
        flat += size_t(layer.n_in + 1) * layer.n_out;
    }
}

// Copies a flat array (m, n_parameters) into registers: `members[k]` goes to lane k.
template <class W>
void pack(const Unit<W> &unit, typename W::V *to, const typename W::T *from, int64_t n_parameters,
          const int64_t *members, Team &team, int me) {
    using V = typename W::V;
    using T = typename W::T;
    each_parameter(unit, team, me, [&](size_t place, size_t flat, int n) {
        V value{};
        if constexpr (W::many) {
            for (int k = 0; k < unit.members; k++)
                value[k] = from[members[k] * n_parameters + flat];
        } else {
            std::memcpy(&value, from + members[0] * n_parameters + flat, n * sizeof(T));
        }
        to[place] = value;
    });
}

// The way back, for the lanes whose `kept` is true.
template <class W>
void unpack(const Unit<W> &unit, const typename W::V *from, typename W::T *to, int64_t n_parameters,
            const int64_t *members, const bool *kept, Team &team, int me) {
    using T = typename W::T;
    each_parameter(unit, team, me, [&](size_t place, size_t flat, int n) {
        const auto value = from[place];
        if constexpr (W::many) {
            for (int k = 0; k < unit.members; k++)
                if (kept[k]) to[members[k] * n_parameters + flat] = value[k];
        } else if (kept[0]) {
            std::memcpy(to + members[0] * n_parameters + flat, &value, n * sizeof(T));
        }
    });
}

// Marks the lanes in which a weight of this layer, or what the rule remembers of it, is not finite.
template <class W>
void find_bad(const Unit<W> &unit, int l, int copies, bool *bad) {
    using T = typename W::T;
    using V = typename W::V;
    const Layer<W> &layer = unit.layers[l];
    for (int copy = 0; copy < copies; copy++) {
        const V *from = copy ? layer.slots[copy - 1] : layer.w;
        for (int c = 0; c < layer.columns; c++) {
            Integers<T> any{};
            for (int i = 0; i < layer.n_in; i++) {
                const V value = from[Layer<W>::place(i, c, layer.n_in, layer.columns)];
                any |= (value - value) != V{};
            }
            const V value = from[layer.size - layer.columns + c];
            any |= (value - value) != V{};
            if constexpr (W::many) {
                for (int k = 0; k < unit.members; k++) bad[k] |= any[k] != 0;
            } else {  // lanes beyond the last neuron hold nothing
                for (int j = 0; j < lanes<T> && c * lanes<T> + j < layer.n_out; j++)
                    bad[0] |= any[j] != 0;
            }
        }
    }
}

}  // namespace CLEARPROP_NAMESPACE
