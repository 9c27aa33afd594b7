"""The room as a whole: its names, and what importing it costs."""

import subprocess
import sys

import clearprop.tables


def test_public_names_are_sorted_and_there():
    names = clearprop.tables.__all__
    assert names == sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert all(hasattr(clearprop.tables, name) for name in names)


def test_importing_the_room_loads_neither_arrow_nor_scikit_learn():
    heavy = "('pyarrow', 'sklearn', 'pandas', 'scipy', 'matplotlib', 'safetensors')"
    code = f"import sys, clearprop.tables; print([m for m in {heavy} if m in sys.modules])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
