"""What a diagnosis says: findings, each with cause, evidence and remedy, or a clean bill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Diagnosis", "Finding"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a training.

    Attributes:
        symptom: its name, one of `clearprop.diagnosis.SYMPTOMS`.
        cause: a sentence that says what is wrong.
        evidence: numbers by name, and under "where" and "when" the place they were taken at.
        remedy: a sentence that says what to do; one that was tried says so.
        tried: what the trial of remedies gave, or None where none was made.
    """

    symptom: str
    cause: str
    evidence: Mapping[str, Any]
    remedy: str = ""
    tried: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """The symptom in words: "dead relu"."""
        return self.symptom.replace("_", " ")

    @property
    def shown(self) -> str:
        """The evidence on one line: "rising share 0.4; training loss, epochs 1 to 9"."""
        numbers = [
            f"{name.replace('_', ' ')} {_short(value)}"
            for name, value in self.evidence.items()
            if name not in ("where", "when") and value is not None
        ]
        return f"{', '.join(numbers)}; {self.evidence['where']}, {self.evidence['when']}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; what is not finite is null."""
        return {
            "symptom": self.symptom,
            "cause": self.cause,
            "evidence": plain(self.evidence),
            "remedy": self.remedy,
            "tried": plain(self.tried),
        }

    def __str__(self) -> str:
        return f"{self.title}: {self.cause} {self.remedy}"


@dataclass(frozen=True)
class Diagnosis:
    """All that was found.

    Attributes:
        findings: the likeliest causes first; empty for a healthy run.
        unchecked: symptom → why it could not be looked for.
    """

    findings: tuple[Finding, ...]
    unchecked: Mapping[str, str]

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def sentences(self) -> tuple[str, ...]:
        """The findings in words, or the clean bill; then what was not looked for."""
        said = [str(finding) for finding in self.findings] or [
            "Nothing is wrong with the training."
        ]
        by_reason: dict[str, list[str]] = {}
        for symptom, why in self.unchecked.items():
            by_reason.setdefault(why, []).append(symptom.replace("_", " "))
        said += [f"Not looked for, {why}: {', '.join(names)}." for why, names in by_reason.items()]
        return tuple(said)

    def to_json(self) -> dict[str, Any]:
        """`{"healthy", "findings", "unchecked"}` in plain JSON types."""
        return {
            "healthy": self.healthy,
            "findings": [finding.to_json() for finding in self.findings],
            "unchecked": dict(self.unchecked),
        }

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, and None for what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value - value != 0 else value
