// One step of training: forward, loss, backward, change. All threads of the team run it together.
//
// A phase writes what the next one reads; between them the team waits. Within a phase the tiles are
// shared out, and a tile's numbers do not depend on who computes it.
#pragma once

#include "change.h"
#include "forward.h"
#include "outputs.h"

namespace CLEARPROP_NAMESPACE {

// The slow way past a layer, when something has failed: look at z before the activation hides it.
template <class W>
APART void look_at(const Unit<W> &unit, int l, int rows, bool drops, int *first_bad) {
    const Layer<W> &layer = unit.layers[l];
    for (int i = 0; i < rows; i++) {
        const auto *z = unit.row(layer.a, layer.stride, i);
        for (int j = 0; j < layer.n_out && !*first_bad; j++)
            if (first_of(z[j]) - first_of(z[j]) != 0) *first_bad = l + 1;
    }
    if (l + 1 == unit.n_layers) return;
    activate(layer, 0, rows, 0, layer.columns);
    if (drops) drop(layer, 0, rows, 0, layer.columns);
}

// From the gathered batch to the new weights. `first_bad`, where wanted, gets the first layer, from
// 1, whose z is not finite in the unit's only member.
template <class W>
void step(const Unit<W> &unit, int rows, const StepConstants<typename W::V> &constants, bool drops,
          Team &team, int me, int *first_bad = nullptr) {
    const int n_layers = unit.n_layers;
    for (int l = 0; l < n_layers; l++) {
        dense(unit, l, rows, l + 1 < n_layers && !first_bad, drops, team, me);
        if (l > 0) turn(unit.layers[l], team, me);
        wait_for_all(team);
        if (first_bad) {
            if (me == 0) look_at(unit, l, rows, drops, first_bad);
            wait_for_all(team);
        }
    }
    if (me == 0) lose(unit, rows).put_back(unit);
    wait_for_all(team);
    for (int l = n_layers - 1; l > 0; l--) {
        pull_back(unit, l, rows, team, me);
        wait_for_all(team);
    }
    if (unit.plan.clip == clearprop::clip_norm) {
        for (int l = 0; l < n_layers; l++)
            keep_gradient(unit, l, rows, constants.penalties, team, me);
        wait_for_all(team);
        const auto factor = shortening(unit);
        for (int l = 0; l < n_layers; l++) apply_kept(unit, l, factor, constants, team, me);
    } else {
        update(unit, rows, constants, team, me);
    }
    wait_for_all(team);
}

}  // namespace CLEARPROP_NAMESPACE
