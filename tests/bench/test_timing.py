"""How times are taken, by a clock that passes only when told to."""

import pytest

from clearprop.bench.timing import fastest, interleave, seconds_for


def runs(diary):
    return [entry for entry in diary if entry[1] != "reset"]


def test_a_time_is_of_one_repetition(clock, paced):
    times = interleave({"ours": paced(0.001), "peer": paced(0.02)}, clock=clock)
    assert times == pytest.approx({"ours": 0.001, "peer": 0.02})


def test_every_timing_begins_at_the_start(clock, paced):
    diary = []
    interleave({"ours": paced(0.05, "ours", diary)}, clock=clock)
    assert [what == "reset" for _, what in diary] == [True, False] * (len(diary) // 2)


def test_repetitions_are_as_many_as_take_about_the_target(clock, paced):
    diary = []
    interleave({"a": paced(0.001, "a", diary)}, target=0.1, rounds=3, clock=clock)
    counts = [count for _, count in runs(diary)]
    assert counts[0] == 1  # the warm-up
    assert counts[-3:] == [100, 100, 100]


def test_what_takes_longer_than_the_target_is_done_once(clock, paced):
    diary = []
    interleave({"a": paced(0.3, "a", diary)}, target=0.1, rounds=3, clock=clock)
    assert [count for _, count in runs(diary)] == [1] * 5  # warm-up, trial, three timings


def test_contestants_take_turns_and_each_goes_first_once(clock, paced):
    diary = []
    names = "abc"
    contestants = {name: paced(0.2, name, diary) for name in names}
    interleave(contestants, target=0.1, rounds=3, clock=clock)
    timed = [name for name, _ in runs(diary)][6:]  # after warm-up and trial of each
    assert timed == list("abcbcacab")


def test_what_is_very_slow_is_timed_in_fewer_rounds(clock, paced):
    diary = []
    slow, fast = paced(2.0, "slow", diary), paced(0.1, "fast", diary)
    interleave({"slow": slow, "fast": fast}, target=0.1, rounds=6, clock=clock)
    timed = [name for name, _ in runs(diary)][4:]
    assert timed.count("slow") == 3
    assert timed.count("fast") == 6


def test_one_disturbed_round_does_not_change_the_median(clock, paced):
    one = paced(0.1)
    plain, calls = one.run, []

    def disturbed(count):
        calls.append(count)
        plain(count)
        clock.now += 100.0 * (len(calls) == 4)

    one.run = disturbed
    assert interleave({"a": one}, target=0.1, clock=clock)["a"] == pytest.approx(0.1)


def test_a_drift_of_the_machine_touches_all_alike(clock, paced):
    ours, peer = paced(0.1), paced(0.3)
    for each in (ours, peer):
        plain, own = each.run, each.seconds

        def slower(count, plain=plain, own=own, each=each):
            each.seconds = own * (1 + clock.now / 10)
            plain(count)

        each.run = slower
    times = interleave({"ours": ours, "peer": peer}, target=0.1, rounds=5, clock=clock)
    assert times["peer"] / times["ours"] == pytest.approx(3, rel=0.25)


def test_seconds_for_does_not_count_the_reset(clock, paced):
    one = paced(0.5)
    one.reset = lambda: setattr(clock, "now", clock.now + 10)
    assert seconds_for(one, 2, clock) == 1.0


def test_the_faster_variant_is_chosen(clock, paced):
    assert fastest({"1": paced(0.004), "4": paced(0.003)}, clock) == "4"


def test_nothing_to_time_gives_nothing(clock):
    assert interleave({}, clock=clock) == {}
