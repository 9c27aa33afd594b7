"""What is read back is what was written, or a typed error; never anything else."""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clearprop.errors import DamagedFileError, FileError, NewerFileError
from clearprop.storage import Tensor, load_tensors, save_tensors
from clearprop.storage import tensors as module

ARRAYS = {
    "w": np.arange(6.0).reshape(2, 3),
    "half": np.array([0.5, -1.5], dtype=np.float32),
    "steps": np.array([[-(2**62)], [3]]),
    "alive": np.array([True, False, True]),
}
EXPECTED = {name: Tensor(array.dtype.name, array.shape) for name, array in ARRAYS.items()}
METADATA = {"words": "naïve ∂ 😀", "n": 3, "nested": {"list": [1, 2.5, None, True]}}


def load(path, expected=EXPECTED, kind="model"):
    return load_tensors(path, kind, lambda _: expected)


@pytest.fixture
def path(tmp_path):
    save_tensors(tmp_path / "f", "model", ARRAYS, METADATA)
    return tmp_path / "f"


def parts(path):
    """The header of a file, as a dictionary, and its body."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def write(path, header, body):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def sign(header, body, arrays):
    """Give an altered file the right SHA-256, as a stranger would."""
    declared = header["__metadata__"]
    declared["sha256"] = module._digest(declared["metadata"], arrays)
    return header, body


def refused(path, match, expected=EXPECTED, error=DamagedFileError):
    with pytest.raises(error, match=match) as caught:
        load(path, expected)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------------------- round trips


def test_arrays_and_metadata_come_back_as_they_were(path):
    arrays, metadata = load(path)
    assert metadata == METADATA
    assert arrays.keys() == ARRAYS.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name], strict=True)
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_the_metadata_decides_what_is_expected(path):
    seen = []

    def expect(metadata):
        seen.append(metadata)
        return EXPECTED

    load_tensors(path, "model", expect)
    assert seen == [METADATA]


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from(["float64", "float32", "int64", "bool"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    hnp.arrays("float64", st.integers(0, 3), elements=st.floats(allow_nan=False, width=64)),
)
def test_any_array_comes_back_to_the_bit(tmp_path_factory, first, second):
    path = tmp_path_factory.mktemp("t") / "f"
    arrays = {"a": first, "b": second}
    save_tensors(path, "k", arrays, {})
    shape = np.ascontiguousarray(first).shape
    expected = {
        "a": Tensor(first.dtype.name, shape, finite=False),
        "b": Tensor("float64", second.shape, finite=False),
    }
    loaded, _ = load_tensors(path, "k", lambda _: expected)
    assert loaded["a"].tobytes() == first.tobytes()
    assert loaded["b"].tobytes() == second.tobytes()


def test_fortran_and_strided_arrays_are_written_in_order(tmp_path):
    arrays = {"w": np.asfortranarray(ARRAYS["w"]), "s": np.arange(10.0)[::3]}
    save_tensors(tmp_path / "f", "k", arrays, {})
    expected = {"w": Tensor("float64", (2, 3)), "s": Tensor("float64", (4,))}
    loaded, _ = load_tensors(tmp_path / "f", "k", lambda _: expected)
    np.testing.assert_array_equal(loaded["w"], ARRAYS["w"])
    np.testing.assert_array_equal(loaded["s"], [0, 3, 6, 9])


def test_safetensors_itself_can_read_the_file(path):
    from safetensors.numpy import load_file

    for name, array in load_file(path).items():
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_nan_in_metadata_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        save_tensors(tmp_path / "f", "k", {}, {"rate": float("nan")})
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------- foreign files


class Trap:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return os._exit, (77,)


def foreign():
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        yield f"pickle {protocol}", pickle.dumps(Trap(), protocol=protocol), "pickle"
    yield "pickle 0", pickle.dumps(Trap(), protocol=0), "not a clearprop file"
    file = io.BytesIO()
    np.save(file, np.array([Trap()]), allow_pickle=True)
    yield "object npy", file.getvalue(), "NumPy file"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap()))
    yield "pt", file.getvalue(), "zip archive, such as a PyTorch file"
    yield "hdf5", b"\x89HDF\r\n\x1a\n" + bytes(200), "HDF5"
    yield "csv", b"a,b\n1,2\n" * 100, "not a clearprop file"
    yield "json", b'{"layer_sizes": [1, 1]}', "not a clearprop file"
    yield "empty", b"", "truncated"
    yield "zeros", bytes(64), "not a clearprop file"
    yield "eight bytes", struct.pack("<Q", 0), "truncated"


@pytest.mark.parametrize(("data", "match"), [pytest.param(d, m, id=n) for n, d, m in foreign()])
def test_foreign_files_are_refused_unread(tmp_path, data, match):
    (tmp_path / "f").write_bytes(data)
    refused(tmp_path / "f", match)


def test_a_plain_safetensors_file_is_not_ours(tmp_path):
    from safetensors.numpy import save_file

    save_file({"w": ARRAYS["w"]}, tmp_path / "f")
    refused(tmp_path / "f", "not one that clearprop wrote")


def test_a_header_of_128_bytes_is_not_taken_for_a_pickle(tmp_path):
    header = {
        "__metadata__": {"clearprop_format": "1", "kind": "k", "metadata": "{}", "sha256": ""}
    }
    header["__metadata__"]["sha256"] = module._digest("{}", {})
    short = json.dumps(header).encode()
    for length in (128, 128 + 256, 147 + 256):
        write(tmp_path / "f", short.ljust(length), b"")
        if length >= len(short):
            assert load_tensors(tmp_path / "f", "k", lambda _: {}) == ({}, {})


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileError, match=r"cannot read .*no such file") as caught:
        load(tmp_path / "f")
    assert not isinstance(caught.value, DamagedFileError)


def test_a_directory_and_a_pipe_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        refused(place, "not an ordinary file")


def test_an_error_while_reading_is_passed_on_in_words(path, monkeypatch):
    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, "_header", broken)
    with pytest.raises(FileError, match=r"cannot read .*: input/output error"):
        load(path)


# ------------------------------------------------------------------------------- versions and kinds


@pytest.mark.parametrize("version", ["2", "999999999", "123456789012345"])
def test_a_newer_format_asks_for_an_upgrade(path, version):
    header, body = parts(path)
    header["__metadata__"]["clearprop_format"] = version
    write(path, header, body)
    refused(path, "newer clearprop .*upgrade clearprop", error=NewerFileError)


@pytest.mark.parametrize("version", ["", "one", "-1", "1.0", "²", "٣", 1, None, ["1"]])
def test_a_senseless_format_is_damage(path, version):
    header, body = parts(path)
    header["__metadata__"]["clearprop_format"] = version
    write(path, header, body)
    refused(path, "format version is damaged")


def test_another_kind_is_named(path):
    with pytest.raises(DamagedFileError, match="it is a clearprop model, not a checkpoint"):
        load(path, kind="checkpoint")


# ------------------------------------------------------------------------------- descriptions


@pytest.mark.parametrize(
    "text",
    ["", "[]", "1", "null", "{", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": -Infinity}', "{}x", 7,
     None, {"a": 1}, "[" * 100_000],
)  # fmt: skip
def test_a_senseless_description_is_damage(path, text):
    header, body = parts(path)
    header["__metadata__"]["metadata"] = text
    write(path, header, body)
    refused(path, "description is damaged")


@pytest.mark.parametrize("error", [KeyError("n"), TypeError("t"), ValueError("v"), OverflowError()])
def test_an_expectation_that_cannot_be_formed_is_damage(path, error):
    def expect(_):
        raise error

    with pytest.raises(DamagedFileError, match="makes no sense"):
        load_tensors(path, "model", expect)


def test_lone_surrogates_are_damage_not_a_crash(path):
    header, body = parts(path)
    header["__metadata__"]["metadata"] = '{"a": "\\ud800"}'
    write(path, header, body)
    refused(path, "SHA-256")
    header["__metadata__"]["metadata"] = '{"a": "\ud800"}'
    write(path, header, body)
    refused(path, "SHA-256")


@pytest.mark.parametrize(
    "header",
    [b"", b"[]", b"{", b'{"w": {}, "w": {}}', b'{"__metadata__": NaN}', b"\xff\xfe{", b"[" * 10**5],
)
def test_a_senseless_header_is_damage(path, header):
    write(path, header, b"")
    refused(path, "damaged|truncated|not a clearprop")


@pytest.mark.parametrize("key", ["clearprop_format", "kind", "metadata", "sha256"])
def test_every_field_of_the_header_is_needed(path, key):
    header, body = parts(path)
    del header["__metadata__"][key]
    write(path, header, body)
    refused(path, "not one that clearprop wrote")


# ------------------------------------------------------------------------------- entries


def _set(key, value):
    return lambda entry: entry.update({key: value})


@pytest.mark.parametrize(
    "alter",
    [
        _set("dtype", "F32"),
        _set("dtype", "F16"),
        _set("dtype", ["F64"]),
        _set("dtype", {}),
        _set("dtype", None),
        _set("shape", [3, 2]),
        _set("shape", [6]),
        _set("shape", [2, 3, 1]),
        _set("shape", 6),
        _set("shape", [2, -3]),
        _set("shape", [10**30, 3]),
        _set("data_offsets", [0, 0]),
        _set("data_offsets", [1, 49]),
        _set("data_offsets", [0, 10**30]),
        _set("data_offsets", [-8, 40]),
        _set("data_offsets", [0]),
        _set("data_offsets", [0, 48, 48]),
        _set("data_offsets", "ab"),
        _set("data_offsets", [None, 48]),
        _set("data_offsets", [[], {}]),
        _set("data_offsets", None),
        lambda entry: entry.clear(),
    ],
)
def test_an_entry_that_differs_from_what_is_expected_is_damage(path, alter):
    header, body = parts(path)
    alter(header["w"])
    write(path, header, body)
    refused(path, "is not what its description says")


@pytest.mark.parametrize("entry", [None, [], "x", 3])
def test_an_entry_that_is_no_mapping_is_damage(path, entry):
    header, body = parts(path)
    header["w"] = entry
    write(path, header, body)
    refused(path, "is not what its description says")


def test_overlapping_arrays_are_damage(tmp_path):
    save_tensors(tmp_path / "f", "model", {"a": np.zeros(2), "b": np.zeros(2)}, {})
    header, body = parts(tmp_path / "f")
    header["b"]["data_offsets"] = header["a"]["data_offsets"]
    write(tmp_path / "f", *sign(header, body[:16], {"a": np.zeros(2), "b": np.zeros(2)}))
    expected = {"a": Tensor("float64", (2,)), "b": Tensor("float64", (2,))}
    refused(tmp_path / "f", "is not what its description says", expected)


def test_missing_and_unexpected_arrays_are_damage(path):
    refused(path, "does not hold the arrays", EXPECTED | {"more": Tensor("float64", (1,))})
    refused(path, "does not hold the arrays", {"w": EXPECTED["w"]})


def test_bytes_after_the_last_array_are_damage(path):
    path.write_bytes(path.read_bytes() + b"\0")
    refused(path, "longer than its description says")


def test_every_truncation_is_damage(path):
    data = path.read_bytes()
    for length in range(0, len(data), 3):
        path.write_bytes(data[:length])
        refused(path, "truncated|is not what its description says")


def test_a_file_that_shrinks_while_it_is_read_is_damage(tmp_path, monkeypatch):
    path, n = tmp_path / "f", 2**17
    save_tensors(path, "model", {"w": np.zeros(n)}, {})
    real = module._check_entries

    def check(*args):
        real(*args)
        os.truncate(path, path.stat().st_size - 9)

    monkeypatch.setattr(module, "_check_entries", check)
    refused(path, "became shorter", {"w": Tensor("float64", (n,))})


def test_every_flipped_bit_of_the_body_is_found(path):
    data = bytearray(path.read_bytes())
    body = len(parts(path)[1])
    for place in range(len(data) - body, len(data)):
        for bit in (1, 128):
            data[place] ^= bit
            path.write_bytes(data)
            refused(path, "SHA-256|neither true nor false")
            data[place] ^= bit


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_unless_expected(tmp_path, bad):
    save_tensors(tmp_path / "f", "model", {"w": np.array([1.0, bad])}, {})
    refused(tmp_path / "f", "'w' holds numbers that are not finite", {"w": Tensor("float64", (2,))})
    arrays, _ = load(tmp_path / "f", {"w": Tensor("float64", (2,), finite=False)})
    np.testing.assert_array_equal(arrays["w"], [1.0, bad])


def test_an_array_longer_than_any_array_is_damage(tmp_path):
    shape = (0, 10**30)
    save_tensors(tmp_path / "f", "model", {"w": np.zeros((0, 1))}, {})
    header, body = parts(tmp_path / "f")
    header["w"]["shape"] = list(shape)
    write(tmp_path / "f", header, body)
    refused(tmp_path / "f", "longer than any array", {"w": Tensor("float64", shape)})


# ------------------------------------------------------------------------------- sizes


def test_a_sparse_file_is_refused_before_it_is_read(path):
    with path.open("r+b") as file:
        file.truncate(15 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(path, "longer than its description says")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB
    with path.open("r+b") as file:
        file.truncate(17 * 2**30)
    refused(path, "larger than any clearprop file")


def test_a_header_that_claims_to_be_huge_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "f").open("wb") as file:
        file.write(struct.pack("<Q", 2**33) + b"{")
        file.truncate(2**34 - 1)
    refused(tmp_path / "f", "truncated or not a clearprop file")


def test_an_expected_array_that_is_huge_is_refused_before_it_is_made(path):
    refused(path, "is not what", EXPECTED | {"w": Tensor("float64", (10**12, 10**12))})


# ------------------------------------------------------------------------------- fuzzing


EDIT = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1), st.just(b"")),
    st.tuples(st.just("flip"), st.floats(0, 1), st.binary(min_size=1, max_size=4)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=30)),
    st.tuples(st.just("remove"), st.floats(0, 1), st.binary(min_size=1, max_size=30)),
    st.tuples(
        st.just("insert"),
        st.floats(0, 0.6),
        st.sampled_from(
            [b'"', b"{", b"}", b"[]", b"NaN", b"-1", b"9" * 5000, b"\\ud800", b",", b":"]
        ),
    ),
)


def edit(data: bytes, kind: str, where: float, what: bytes) -> bytes:
    at = int(where * len(data))
    if kind == "cut":
        return data[:at]
    if kind == "flip":
        middle = bytes(a ^ b for a, b in zip(data[at:], what, strict=False))
        return data[:at] + middle + data[at + len(middle) :]
    return (
        data[:at]
        + (what if kind == "insert" else b"")
        + data[at + len(what) * (kind == "remove") :]
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "f"
    save_tensors(path, "model", ARRAYS, METADATA)
    return path, path.read_bytes()


@settings(max_examples=400, deadline=None)
@given(st.lists(EDIT, min_size=1, max_size=3), st.booleans())
def test_any_damage_gives_the_contents_or_a_typed_error(whole, edits, keep_length):
    path, data = whole
    original = data
    for kind, where, what in edits:
        data = edit(data, kind, where, what)
    if keep_length and len(data) > 8:  # a header length that fits, so that the fuzz gets further
        end = data.rfind(b"}") + 1
        data = struct.pack("<Q", max(end - 8, 0)) + data[8:]
    path.write_bytes(data)
    try:
        arrays, metadata = load(path)
    except FileError:
        assert data != original
    else:
        assert metadata == METADATA or data != original
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, ARRAYS[name])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*ARRAYS, "x"]), JSON, max_size=5),
    JSON,
    JSON,
    st.binary(max_size=40),
)
def test_any_json_for_a_header_gives_a_typed_error(whole, entries, declared, text, body):
    path, _ = whole
    fields = {"clearprop_format": "1", "kind": "model", "metadata": "{}", "sha256": text}
    for metadata in (declared, fields, fields | {"metadata": text}):
        write(path, {"__metadata__": metadata} | entries, body)
        with pytest.raises(FileError):
            load(path)
