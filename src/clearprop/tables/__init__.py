"""Tables: read from files, split, turned into numbers, and predictions turned back into words.

::

    read_table, load_bundled, any data frame → prepare → Prepared(schema, train, validation, test)
    schema.encode(new table) → X → the network → schema.decode(outputs) → classes or numbers

Importing this room loads NumPy only; Arrow and scikit-learn are loaded by the first call.
"""

from clearprop.tables.bundled import BUNDLED, BUNDLED_DESCRIPTIONS, load_bundled
from clearprop.tables.fingerprint import fingerprint
from clearprop.tables.preparation import Part, Prepared, prepare
from clearprop.tables.reading import read_table
from clearprop.tables.schema import Encoded, Schema
from clearprop.tables.targets import Decoded
from clearprop.tables.task import choose_target, find_task
from clearprop.tables.writing import write_csv

__all__ = [
    "BUNDLED",
    "BUNDLED_DESCRIPTIONS",
    "Decoded",
    "Encoded",
    "Part",
    "Prepared",
    "Schema",
    "choose_target",
    "find_task",
    "fingerprint",
    "load_bundled",
    "prepare",
    "read_table",
    "write_csv",
]
