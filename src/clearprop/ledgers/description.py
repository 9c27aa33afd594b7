"""An exercise in a small YAML or JSON file: a network, a sample, how to step, perhaps answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clearprop import _checks
from clearprop.errors import ArgumentError, DamagedFileError, FileError
from clearprop.ledgers.step import Ledger, StepChoices, ledger
from clearprop.network import Network

__all__ = ["Exercise", "read_answers", "read_exercise"]

_POWER = re.compile(r"[-+]?\d+e[-+]?\d+", re.IGNORECASE)
_MOST_BYTES = 10 * 2**20
_NETWORK = ("layer_sizes", "hidden", "output", "initialiser", "seed", "dtype")
_STEP = (*StepChoices.__annotations__, "sample_weight", "slots", "t")
_KEYS = ("network", "parameters", "X", "y", *_STEP, "answers")


@dataclass(frozen=True)
class Exercise:
    """What a description file says.

    Attributes:
        step: the ledger of the step described.
        answers: a learner's answers, or None.
    """

    step: Ledger
    answers: Mapping[str, Any] | None


def read_exercise(path: str | os.PathLike[str]) -> Exercise:
    """Read a network, a sample and how to step from a YAML or JSON file.

    ```yaml
    network: {layer_sizes: [2, 2, 1], hidden: sigmoid, output: sigmoid}
    parameters:                       # left out: drawn by network's seed and initialiser
      W1: [[0.1, 0.4], [0.8, 0.6]]
      b1: [0, 0]
      W2: [[0.3], [0.9]]
      b2: [0]
    X: [[0.35, 0.9]]
    y: [0.5]
    loss: half_squared_error
    learning_rate: 1
    ```

    `optimizer`, `penalty`, `clip`, `sample_weight`, `slots` and `t` are those of `ledger`;
    `answers` is what `Ledger.mark` takes.

    Raises:
        FileError: there is no such file, or it is neither YAML nor JSON.
        ArgumentError, DataError: what it describes makes no step.
    """
    contents = _read(path)
    _known(str(path), contents, _KEYS, needed=("network", "X", "y"))
    network = _network(contents["network"], contents.get("parameters"))
    choices = {key: contents[key] for key in _STEP if key in contents}
    step = ledger(network, contents["X"], contents["y"], **choices)
    return Exercise(step, contents.get("answers"))


def read_answers(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """A learner's answers from a YAML or JSON file: names and numbers, null for a blank.

    Raises:
        FileError: there is no such file, or it is neither YAML nor JSON.
    """
    contents = _read(path)
    answers: Mapping[str, Any] = contents.get("answers", contents)
    return answers


def _network(given: Any, parameters: Any) -> Network:
    if not isinstance(given, Mapping):
        raise ArgumentError(f"network must be a mapping; got {_checks.shown(given)}")
    _known("network", given, _NETWORK, needed=("layer_sizes",))
    options = dict(given)
    network = Network(options.pop("layer_sizes"), **options)
    if parameters is None:
        return network
    shapes = network.architecture.shapes
    if not isinstance(parameters, Mapping):
        raise ArgumentError(
            f"parameters must be a mapping with {', '.join(shapes)}; "
            f"got {_checks.shown(parameters)}"
        )
    _known("parameters", parameters, tuple(shapes), needed=tuple(shapes))
    return _filled(network, parameters)


def _filled(network: Network, parameters: Mapping[str, Any]) -> Network:
    from clearprop._arrays import numbers

    for name, shape in network.architecture.shapes.items():
        array = numbers(f"parameters[{name!r}]", parameters[name], network.dtype)
        if array.shape != shape:
            raise ArgumentError(
                f"parameters[{name!r}] must have the shape {shape}; got {array.shape}"
            )
        network[name][...] = array
    return network


def _known(
    where: str, given: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    for key in given:
        if key not in known:
            raise ArgumentError(
                f"{where} has no entry {key!r}{_checks.closest(key, known)}; "
                f"it may have {', '.join(known)}"
            )
    lacking = [key for key in needed if key not in given]
    if lacking:
        raise ArgumentError(f"{where} must have an entry {', '.join(map(repr, lacking))}")


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A mapping from a file; only plain values are made of what is in it."""
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FileError(f"{path} is larger than {_MOST_BYTES // 2**20} MiB: no description")
        text = path.read_bytes().decode("utf-8-sig")
        contents = _with_powers(_parsed(text, is_json=path.suffix.lower() == ".json"))
    except UnicodeDecodeError:
        raise DamagedFileError(f"{path} is not UTF-8 text") from None
    except FileError:
        raise
    except _TwiceError as error:
        raise DamagedFileError(f"{path}: {error}; leave one of them out") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise DamagedFileError(f"{path} is neither YAML nor JSON: {_where(error)}") from None
    if not isinstance(contents, dict):
        raise DamagedFileError(f"{path} must hold names and values; got {_checks.shown(contents)}")
    return contents


class _TwiceError(Exception):
    """A name occurs twice; the parsers would keep the last in silence."""


def _parsed(text: str, *, is_json: bool) -> Any:
    """Plain values; `_TwiceError` where a name occurs twice."""
    if is_json:
        return json.loads(text, object_pairs_hook=_each_once)
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


def _each_once(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    names = [name for name, _ in pairs]
    for k, name in enumerate(names):
        if name in names[:k]:
            raise _TwiceError(f"the name {name!r} occurs twice")
    return dict(pairs)


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Makes plain values only, as its base does, and no mapping with the same name twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node."""
        seen: set[str] = set()
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):
                continue
            if name.value in seen:
                line = name.start_mark.line + 1
                raise _TwiceError(f"the name {name.value!r} occurs twice, again in line {line}")
            seen.add(name.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def _with_powers(value: Any) -> Any:
    """YAML 1.1 takes 1e-3 for text, as it has no point; here it is a number."""
    if isinstance(value, dict):
        return {key: _with_powers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_powers(item) for item in value]
    return float(value) if isinstance(value, str) and _POWER.fullmatch(value) else value


def _where(error: Exception) -> str:
    """The place and the problem, on one line."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        problem = getattr(error, "problem", None) or "it cannot be read"
        return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"
    return " ".join(str(error).split()) or type(error).__name__
