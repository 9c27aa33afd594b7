// Many steps in one call, for one unit.
//
// Nothing is checked on the way: a number that is not finite stays so, and is found at the end of
// the call. Only then is the member that has it trained again from where it stood, carefully, up to
// the step before.
#pragma once

#include "samples.h"
#include "step.h"

namespace CLEARPROP_NAMESPACE {

template <class W>
struct Trainer {
    using T = typename W::T;
    using V = typename W::V;
    const Training<T> &call;
    const int64_t *members;  // rows of the call's arrays
    int count;
    Unit<W> unit;
    Batcher<W> batcher;
    bool drops;

    Trainer(const Training<T> &c, int64_t first, int64_t n, Arena &arena)
        : call(c),
          members(c.members + first),
          count(int(n)),
          unit(c.plan, arena, c.plan.batch_size, int(n), true),
          batcher{c.data, {}, int(n), true} {
        unit.weighted = c.data.weights != nullptr;
        drops = false;
        for (int k = 0; k < count; k++) {
            batcher.orders[k] = c.order + members[k] * c.order_member;
            if (k) batcher.alike &= same_order(batcher.orders[k], batcher.orders[0]);
            for (int l = 0; l < unit.n_layers; l++) drops |= c.dropout(members[k], l) > 0;
        }
    }
    bool same_order(const int64_t *a, const int64_t *b) const {
        return a == b || !std::memcmp(a + at(0), b + at(0), size_t(samples_in_all()) * sizeof *a);
    }

    void enter(Team &team, int me) {
        pack(unit, unit.first_parameters, call.parameters, call.n_parameters, members, team, me);
        for (int s = 0; s < call.plan.n_slots; s++)
            pack(unit, unit.first_parameters + (s + 1) * unit.parameter_registers, call.slots[s],
                 call.n_parameters, members, team, me);
        for (int k = 0; k < count && me == 0; k++) unit.total[k] = call.loss_sum[members[k]];
        for (int i = 0; i < call.plan.batch_size && me == 0; i++)
            unit.weight[i] = all<typename W::S>(1);
        wait_for_all(team);
    }
    void leave(const bool *kept, int64_t samples, Team &team, int me) {
        unpack(unit, unit.first_parameters, call.parameters, call.n_parameters, members, kept, team,
               me);
        for (int s = 0; s < call.plan.n_slots; s++)
            unpack(unit, unit.first_parameters + (s + 1) * unit.parameter_registers, call.slots[s],
                   call.n_parameters, members, kept, team, me);
        for (int k = 0; k < count && me == 0; k++) {
            if (!kept[k]) continue;
            call.loss_sum[members[k]] = unit.total[k];
            call.seen[members[k]] += samples;
        }
        wait_for_all(team);
    }

    int64_t at(int64_t k) const { return (call.first_batch + k) * call.plan.batch_size; }
    int rows(int64_t k) const {
        const int64_t left = call.data.n - at(k);
        return int(left < call.plan.batch_size ? left : call.plan.batch_size);
    }
    int64_t samples_in_all() const {
        return at(call.n_batches - 1) + rows(call.n_batches - 1) - at(0);
    }

    V each_member(const clearprop::Table &table, int64_t s) const {
        if constexpr (!W::many) return all<V>(T(table(members[0], s)));
        V result{};
        for (int k = 0; k < count; k++) result[k] = T(table(members[k], s));
        return result;
    }
    StepConstants<V> constants(int64_t k) const {
        StepConstants<V> result{};
        refresh(result, k, true);
        result.penalties.any_penalty = call.any_penalty;
        result.penalties.any_decay = call.any_decay;
        result.clips_values = call.plan.clip == clearprop::clip_value;
        result.limit = all<V>(T(call.plan.limit));
        result.penalties.l1 = each_member(call.penalties[0], 0);
        result.penalties.l2 = each_member(call.penalties[1], 0);
        result.penalties.leaving_range = each_member(call.penalties[2], 0);
        return result;
    }
    void refresh(StepConstants<V> &result, int64_t k, bool first) const {
        for (int i = 0; i < call.plan.n_coefficients; i++)
            if (first || call.coefficients[i].step)
                result.c[i] = each_member(call.coefficients[i], k);
        if (call.any_decay) result.penalties.decay = each_member(call.decay, k);
    }

    // The masks of this step: 0 with probability p, else 1/(1 − p). Number by number: the draws are
    // NumPy's own, whose 128-bit products no register has.
    void draw_masks(int64_t k, Team &team, int me) const {
        for (int l = 0; l + 1 < unit.n_layers; l++) {
            const Layer<W> &layer = unit.layers[l];
            const Share mine = share(rows(k), team, me);
            for (int member = 0; member < count; member++) {
                const double p = call.dropout(members[member], l);
                const T kept = T(1 / (1 - p));
                Draws u(call.seeds[members[member]], dropout_purpose, call.first_step + k, l,
                        uint64_t(mine.first) * layer.n_out);
                for (int i = mine.first; i < mine.last; i++) {
                    T *mask = reinterpret_cast<T *>(layer.mask + size_t(i) * layer.stride) + member;
                    for (int j = 0; j < layer.n_out; j++, mask += W::many ? lanes<T> : 1)
                        *mask = p > 0 && u.next() < p ? T(0) : kept;
                }
            }
        }
    }

    void one_step(int64_t k, StepConstants<V> &now, Team &team, int me) {
        refresh(now, k, false);
        batcher.gather(unit, at(k), rows(k), team, me);
        if (drops) draw_masks(k, team, me);
        wait_for_all(team);
        step(unit, rows(k), now, drops, team, me);
    }

    // All steps at full speed; true in `bad` where a member's numbers ceased to be finite.
    void run(bool *bad, Team &team, int me) {
        enter(team, me);
        StepConstants<V> now = constants(0);
        for (int64_t k = 0; k < call.n_batches; k++) one_step(k, now, team, me);
        find_bad_members(bad);
    }
    void find_bad_members(bool *bad) const {
        for (int k = 0; k < count; k++) bad[k] = !(unit.total[k] - unit.total[k] == 0);
        for (int l = 0; l < unit.n_layers; l++) find_bad(unit, l, 1 + call.plan.n_slots, bad);
    }

    // Step by step, each written back when it is known to be good: for a single member that fails.
    void run_carefully(Team &team, int me) {
        const bool kept = true;
        enter(team, me);
        StepConstants<V> now = constants(0);
        for (int64_t k = 0; k < call.n_batches; k++) {
            one_step(k, now, team, me);
            bool bad = false;
            find_bad_members(&bad);
            wait_for_all(team);
            if (bad) {
                if (me == 0) call.failed_step[members[0]] = call.first_step + k;
                return;
            }
            leave(&kept, rows(k), team, me);
        }
    }
};

// Trains members[first .. first + count): see Functions in contract.h.
template <class T, bool many>
void train(const Training<T> &call, int64_t first, int64_t count, void *memory, Team &team,
           int me) {
    using W = World<T, many>;
    const FlushingToZero flushing;
    Arena arena(memory);
    Trainer<W> trainer(call, first, count, arena);
    bool bad[lanes<T>] = {}, kept[lanes<T>];
    trainer.run(bad, team, me);
    for (int k = 0; k < count; k++) kept[k] = !bad[k];
    trainer.leave(kept, trainer.samples_in_all(), team, me);
    for (int k = 0; k < count; k++) {
        if (!bad[k]) continue;
        Arena again(memory);
        Trainer<W> single(call, first + k, 1, again);
        single.run_carefully(team, me);
    }
}

// Bytes that a unit takes.
template <class T, bool many>
size_t bytes(const Plan &plan, int64_t rows, bool trains) {
    Arena measure(nullptr);
    Unit<World<T, many>> unit(plan, measure, rows, 1, trains);
    return measure.used();
}

}  // namespace CLEARPROP_NAMESPACE
