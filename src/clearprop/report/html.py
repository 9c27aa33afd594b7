"""What every page of ours is made by: a template, a style sheet, and nothing from outside.

A page asks for nothing outside itself and needs no script; whatever comes from a user is cleaned
and escaped, so that no hostile name can become markup.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from clearprop.figures.words import clean

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render_page"]


def render_page(package: str, template: str, **values: Any) -> str:
    """Fill a template that lies in `package`; it gets `style` and `style_hash` as well."""
    style = _source("clearprop.report", "style.css")
    return _template(package, template).render(
        **values, style=_Trusted(style), style_hash=_hash(style)
    )


@functools.cache
def _template(package: str, name: str) -> Template:
    """The compiled template; every value is cleaned and escaped unless it is our style sheet."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_final,
    )
    return environment.from_string(_source(package, name))


@functools.cache
def _source(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text("utf-8")


class _Trusted(str):
    """Text of our own that goes into the page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _final(value: Any) -> Any:
    """What happens to each value before it is escaped."""
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _hash(style: str) -> str:
    """The style sheet's fingerprint, by which alone the page's security policy lets it in."""
    digest = hashlib.sha256(style.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
