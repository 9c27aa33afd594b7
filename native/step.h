// One step of training: forward, loss, backward, change. All threads of the team run it together.
//
// A phase writes what the next one reads; between them the team waits. Within a phase the tiles are
// shared out, and a tile's numbers do not depend on who computes it.
#pragma once

#include "change.h"
#include "forward.h"
#include "outputs.h"

namespace CLEARPROP_NAMESPACE {

// From the gathered batch to the new weights.
template <class W>
void step(const Unit<W> &unit, int rows, const StepConstants<typename W::V> &constants, bool drops,
          Team &team, int me) {
    const int n_layers = unit.n_layers;
    for (int l = 0; l < n_layers; l++) {
        dense(unit, l, rows, l + 1 < n_layers, drops, team, me);
        if (l > 0) turn(unit.layers[l], team, me);
        wait_for_all(team);
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
