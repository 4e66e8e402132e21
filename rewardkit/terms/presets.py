"""Presets: the field's versions of a reward by name.

Where a well-known reward differs between projects, its kind lists them in `PRESETS`; what comes in
is `preset: trl` with any parameters that are to differ from it, what goes out is a term with every
parameter spelled out. The name itself is not kept: a recipe's digest says what is paid and not what
it is called, so a preset and the same parameters written in full are one and the same term.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from .base import Term


class WithPresets(Term):
    """A term whose parameters can be chosen by a project's name.

    A subclass lists `PRESETS` and declares the field `preset` with a `Literal` of their names. An
    explicit parameter wins over the preset's, whichever is written first.
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("preset") not in cls.PRESETS:
            return data  # an unknown name is answered by the field's own validation
        given = {name: value for name, value in data.items() if name != "preset"}
        return {**cls.PRESETS[data["preset"]], **given}
