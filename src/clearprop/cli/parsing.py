"""From the text of an option to its value, or one clear sentence."""

from __future__ import annotations

import typer

from clearprop.errors import ArgumentError

__all__ = ["batch_size_of", "check_alone", "learning_rate_of", "number", "parts", "sizes"]


def check_alone(context: typer.Context, what: str, allowed: tuple[str, ...]) -> None:
    """Refuse options that were given and would be ignored."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in allowed and source is not None and source.name == "COMMANDLINE":
            given = "a table" if name in ("source", "name") else f"--{name.replace('_', '-')}"
            raise ArgumentError(f"{what} takes nothing else; got {given}")


def sizes(text: str) -> tuple[int, ...]:
    """The text "64,64" as (64, 64)."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ArgumentError(
            f"--hidden must be whole numbers with commas between them, such as 64,64; got {text!r}"
        ) from None


def parts(text: str) -> list[str]:
    """The text "1, 32" as ["1", "32"]."""
    return [part.strip() for part in text.split(",") if part.strip()]


def number(option: str, text: str) -> float:
    """The text "0.1" as 0.1."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(
            f"{option} must be numbers above zero with commas between them; got {text!r}"
        ) from None


def learning_rate_of(text: str) -> float | str | None:
    """The text "0.01" as 0.01, "fixed" as None; "auto" stays."""
    if text in ("auto", "fixed"):
        return None if text == "fixed" else text
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(
            f"--learning-rate must be a number above zero, 'auto' or 'fixed'; got {text!r}"
        ) from None


def batch_size_of(text: str, option: str = "--batch-size") -> int | str:
    """The text "32" as 32; "full" stays."""
    if text == "full":
        return text
    try:
        return int(text)
    except ValueError:
        raise ArgumentError(f"{option} must be a whole number or 'full'; got {text!r}") from None
