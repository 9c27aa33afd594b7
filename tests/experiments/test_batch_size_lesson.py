"""The lesson `batch-size`, as a learner plays with it."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.errors import ArgumentError
from clearprop.experiments import learn


def test_the_best_rate_of_the_published_three_is_another_for_each_batch(taught):
    rows = {row[0]: row for row in taught("batch-size").lesson.tables[1].rows}
    assert float(rows["1"][4]) < float(rows["32"][4]) == 0.5
    assert rows["1"][3].startswith("0 of")


@pytest.mark.parametrize("size", [8, "full"])
def test_another_batch_takes_the_place_of_32(size):
    learned = learn("batch-size", batch_size=size)
    assert learned.lesson.ok
    sizes = [row[0] for row in learned.lesson.tables[1].rows]
    assert sizes == ["1", *(["8"] if size == 8 else []), "full (1,500)"]


def test_a_table_of_ones_own_is_swept(tmp_path):
    rows = [f"{np.sin(i):.6f},{np.cos(3 * i):.6f},{'ab'[i % 3 == 0]}" for i in range(90)]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["u,v,kind", *rows]) + "\n")
    learned = learn("batch-size", data=path)
    assert learned.lesson.ok
    assert [row[0] for row in learned.lesson.tables[1].rows] == ["1", "32", "full (90)"]


def test_there_is_no_single_rate_to_change():
    with pytest.raises(ArgumentError, match="learning_rate cannot be changed"):
        learn("batch-size", learning_rate=0.1)
