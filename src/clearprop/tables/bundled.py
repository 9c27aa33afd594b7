"""Tables that are always at hand: scikit-learn brings them along, no network is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop import _checks

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BUNDLED", "BUNDLED_DESCRIPTIONS", "load_bundled"]

BUNDLED_DESCRIPTIONS = {
    "breast_cancer": "569 tumours, 30 measurements of their cells: malignant or benign?",
    "diabetes": "442 patients, 10 measurements: how far had the disease gone a year later?",
    "digits": "1797 handwritten digits of 8 x 8 grey values: which digit?",
    "iris": "150 flowers, 4 lengths: which of three species?",
    "moons": "1500 made-up points on two interlocked crescents: on which one?",
    "wine": "178 wines, 13 chemical measurements: which of three growers?",
}
BUNDLED = tuple(BUNDLED_DESCRIPTIONS)


def load_bundled(name: str) -> pyarrow.Table:
    """One of the bundled tables; the column to predict is called "target".

    >>> table = load_bundled("iris")
    >>> table.num_rows, table.column_names[-1], table["target"][0].as_py()
    (150, 'target', 'setosa')
    """
    import pyarrow as pa
    from sklearn import datasets

    _checks.one_of("name", name, BUNDLED)
    if name == "moons":
        X, y = datasets.make_moons(1500, noise=0.1, random_state=0)
        return pa.table({"x1": X[:, 0], "x2": X[:, 1], "target": y})
    bunch: Any = getattr(datasets, f"load_{name}")()
    columns = {str(n): bunch.data[:, i] for i, n in enumerate(bunch.feature_names)}
    return pa.table({**columns, "target": _target(name, bunch)})


def _target(name: str, bunch: Any) -> Any:
    """Class names where the classes have names."""
    if name in ("diabetes", "digits"):
        return bunch.target
    return np.asarray(bunch.target_names)[bunch.target].tolist()
