"""How well a training is diagnosed: precision and recall per fault, false alarms, repairs.

    python bench/diagnosis.py [GROUP ...] [--seeds N] [--remedies] [--detail]

Which groups of tables there are, and which of them the rules were made with: seeded_tables.py. What
came of it: docs/diagnosis.md.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product

os.environ.setdefault("CLEARPROP_THREADS", "1")  # two processes already

from seeded_faults import Seeded, every_run
from seeded_tables import GROUPS

import clearprop as cp
from clearprop.diagnosis.case import Case
from clearprop.diagnosis.remedies import CANDIDATES, Remedy
from clearprop.diagnosis.symptoms import SYMPTOMS
from clearprop.diagnosis.thresholds import limits_from
from clearprop.diagnosis.trial import train_trials
from clearprop.training.data import assemble


def examine(task):
    """Diagnose every run on one table with one seed: plain rows, to leave the process."""
    name, seed, remedies = task
    warnings.simplefilter("ignore")
    runs, left_out = every_run(name, seed)
    rows = []
    for seeded in runs:
        found = cp.diagnose(
            seeded.run,
            *seeded.train,
            validation=seeded.validation,
            try_remedies=remedies and bool(seeded.fault),
        )
        repairs = [_repair(seeded, finding) for finding in found.findings if finding.tried]
        names = [finding.symptom for finding in found.findings]
        rows.append(
            (name, seed, seeded.fault, seeded.kind, names, seeded.also, repairs, seeded.learned)
        )
    return rows, left_out


def _repair(seeded: Seeded, finding):
    """Symptom, what was advised, and test loss of the full training over that without it."""
    advised = finding.tried["advised"]
    if advised is None:
        return finding.symptom, None, None
    run = seeded.run
    data, validation = assemble(
        run.network, *seeded.train, run.settings, validation=seeded.validation
    )
    case = Case(run, data, validation, limits_from())
    remedy = next(
        each for make in CANDIDATES[finding.symptom] for each in make(case) if each.name == advised
    )
    _, test = assemble(run.network, *seeded.train, run.settings, validation=seeded.test)
    before, after = train_trials(
        replace(case, validation=test),
        finding.symptom,
        [Remedy("as it was"), remedy],
        run.settings.epochs,
        run.seed + 7,
    )
    return finding.symptom, advised, after.loss / before.loss if before.loss else 1.0


def scores(rows):
    """For each fault: seeded, found, false; and its precision, recall and F1."""
    result = {}
    for symptom in SYMPTOMS:
        seeded = [row for row in rows if row[2] == symptom]
        if not seeded:
            continue
        found = sum(symptom in row[4] for row in seeded)
        false = sum(
            symptom in row[4] and row[2] != symptom and symptom not in row[5] for row in rows
        )
        precision = found / (found + false) if found + false else 0.0
        recall = found / len(seeded)
        f1 = 2 * precision * recall / (precision + recall) if found else 0.0
        result[symptom] = (len(seeded), found, false, precision, recall, f1)
    return result


def show(group, rows, left_out, seconds, detail):
    """The table of one group in Markdown."""
    every, rows = rows, [row for row in rows if row[7]]
    left_out += len(every) - len(rows)
    healthy = [row for row in rows if not row[2]]
    alarmed = [row for row in healthy if row[4]]
    hard = [row for row in healthy if row[3].startswith("hard")]
    table = scores(rows)
    print(f"\n{group}: {len(rows)} runs, {len(healthy)} healthy ({len(hard)} hard negatives), "
          f"{left_out} left out as neither; {seconds:.0f} s")  # fmt: skip
    print(
        "\n| fault | seeded | found | false | precision | recall | F1 |"
        "\n|---|--:|--:|--:|--:|--:|--:|"
    )
    for name, (n, found, false, *rest) in table.items():
        print(f"| {name} | {n} | {found} | {false} | {' | '.join(f'{x:.2f}' for x in rest)} |")
    print(f"\nmacro F1 {sum(row[-1] for row in table.values()) / len(table):.3f}; false alarms on "
          f"{len(alarmed)} of {len(healthy)} healthy runs ({len(alarmed) / len(healthy):.1%}), "
          f"{sum(bool(row[4]) for row in hard)} of {len(hard)} hard negatives")  # fmt: skip
    near = [row for row in every if not row[2]]
    alarmed = [row for row in near if row[4]]
    f1 = [row[-1] for row in scores(every).values()]
    print(f"with those that are near the best only as a constant answer is: macro F1 "
          f"{sum(f1) / len(f1):.3f}; false alarms on {len(alarmed)} of {len(near)} "
          f"({len(alarmed) / len(near):.1%})")  # fmt: skip
    repairs = [repair for row in rows for repair in row[6]]
    advised = [repair for repair in repairs if repair[1]]
    if repairs:
        better = sum(repair[2] < 1 for repair in advised)
        print(f"remedies: advised after the trial for {len(advised)} of {len(repairs)} findings; "
              f"{better} of {len(advised)} ({better / max(len(advised), 1):.0%}) lower the test "
              "loss of the full training")  # fmt: skip
    if detail:
        _detail(rows)


def _detail(rows):
    """Every run that was told wrongly, and the remedies that made it worse."""
    wrong = Counter()
    for name, seed, fault, kind, found, also, *_ in rows:
        if (fault and fault not in found) or set(found) - also - {fault}:
            wrong[f"{fault or 'healthy':20} {kind:28} -> {', '.join(found) or 'nothing':40}"] += 1
            print(f"{name:14} {seed} {fault or 'healthy':20} {kind:28} -> {', '.join(found)}")
    for row in rows:
        for symptom, advised, ratio in row[6]:
            if advised and ratio >= 1:
                print(f"worse: {row[0]} {row[1]} {row[2]} {symptom}: {advised} x {ratio:.3g}")
    for line, count in wrong.most_common():
        print(f"{count:3} {line}")


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--remedies", action="store_true")
    parser.add_argument("--detail", action="store_true")
    args = parser.parse_args()
    unknown = set(args.groups) - set(GROUPS)
    if unknown:
        parser.error(
            f"there is no group {', '.join(sorted(unknown))}; choose from {', '.join(GROUPS)}"
        )
    for group in args.groups or GROUPS:
        started = time.monotonic()
        tasks = list(product(GROUPS[group], range(args.seeds), [args.remedies]))
        with ProcessPoolExecutor(2) as workers:
            parts = list(workers.map(examine, tasks))
        rows = [row for part, _ in parts for row in part]
        left_out = sum(count for _, count in parts)
        show(group, rows, left_out, time.monotonic() - started, args.detail)


if __name__ == "__main__":
    main()
