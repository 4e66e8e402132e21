"""Presets: a project's version of a well-known reward, by name.

If a reward differs between projects, its kind lists the versions in `PRESETS`. `preset: trl`, with any
parameters that should differ from it, becomes a term with every parameter spelled out. The name itself is
not kept: a recipe's digest depends on what is paid, not on what it is called, so a preset and the same
parameters written out are the same term.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from .base import Term


class WithPresets(Term):
    """A term whose parameters can be chosen by a project's name.

    A subclass lists `PRESETS` and declares the field `preset` with a `Literal` of their names. An
    explicit parameter overrides the preset's, whichever is written first.
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("preset") not in cls.PRESETS:
            return data  # the field's own validation refuses an unknown name
        given = {name: value for name, value in data.items() if name != "preset"}
        return {**cls.PRESETS[data["preset"]], **given}
