"""The soaks there are, and one part of one of them; imported by the processes that run the parts."""

from __future__ import annotations

import time
import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Every soak there is."""
    return sorted(path.stem.removeprefix("soak_") for path in FOLDER.glob("soak_*.py"))


def module(name: str) -> ModuleType:
    """A soak by its name."""
    return import_module(f"tests.soak.soak_{name}")


def run_part(name: str, number: int) -> dict[str, Any]:
    """One part: its figures, or the fault that it found."""
    began = time.perf_counter()
    row: dict[str, Any] = {"soak": name, "part": number, "ok": True}
    try:
        row["figures"] = module(name).part(number)
    except Exception:  # noqa: BLE001 - whatever a soak meets is its result
        row |= {"ok": False, "fault": traceback.format_exc()[-4000:]}
    row["seconds"] = round(time.perf_counter() - began, 2)
    return row
