"""Reading a plan from a file or by the name of a shipped one, with a variant and settings applied.

A `Resolved` plan keeps the tree it was built from, so that later checks can name the file, line and column of an
option.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rewardkit.config.faults import raise_faults
from rewardkit.config.source import Node, assign, dump, read_file
from rewardkit.errors import Place, RecipeError, SetupError, UsageError, nearest
from rewardkit.evals.backends.checkpoint import find_model

from .plan import Plan, Stage


@dataclass(frozen=True)
class Resolved:
    """A plan and where it came from."""

    plan: Plan
    node: Node
    path: Path
    variant: str | None = None
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The plan's name, with the variant's."""
        return self.plan.plan + (f"-{self.variant}" if self.variant else "")

    def place(self, *steps: str | int) -> Place:
        """Where a part of the plan is written: the key's own place if it has one."""
        parent, node = self.node.find(steps[:-1])
        last = steps[-1] if steps else None
        if node is not None and isinstance(last, str) and last in node.keys:
            return node.keys[last]
        return self.node.find(steps)[0] if steps else parent

    def fault(self, text: str, *steps: str | int) -> RecipeError:
        """An error at a place of the plan."""
        return RecipeError(text, self.place(*steps))

    def option_place(self, at: int, name: str) -> tuple[str | int, ...]:
        """Where an option of a stage is written: in the stage, else among the plan's options."""
        stage: Stage = self.plan.stages[at]
        return ("stages", at, name) if name in stage.options else ("options", name)

    def file(self, written: str) -> Path:
        """A path in the plan, relative to the plan's file."""
        path = Path(written)
        return path if path.is_absolute() else self.path.parent / path

    def model_path(self, written: str) -> str:
        """A model's folder, relative to the plan's file; a hub name unchanged. RecipeError if the folder does not exist.

        The folder of a training run or of a stage means the model that it saved.
        """
        folder = self.file(written)
        if folder.is_dir():
            try:
                found = find_model(str(folder))
            except SetupError:  # perhaps a tokenizer alone: whatever loads it reports what is missing
                return str(folder)
            return str(folder) if found.adapter else found.model
        if written.startswith(("/", "./", "../", "~")) or written.count("/") > 1:
            raise self.fault(f"no folder {folder}", "model", "name")
        return written

    def to_yaml(self) -> str:
        """The resolved plan as YAML, without variants; reads back as an equal plan."""
        plain: dict[str, Any] = self.plan.model_dump(mode="json", exclude_defaults=True, exclude={"variants"})
        for stage in plain["stages"]:
            parts = stage["data"]
            if len(parts) == 1 and set(parts[0]) == {"set"}:
                stage["data"] = parts[0]["set"]
        return dump(plain)


def shipped_plans() -> dict[str, Path]:
    """The plans that come with rewardkit, by name."""
    folder = Path(str(files("rewardkit.trainers"))) / "plans"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_plan(reference: str) -> Path:
    """The file of a path, or of a shipped plan's name. Raises UsageError naming the shipped plans."""
    if reference.endswith((".yaml", ".yml")) or "/" in reference:
        path = Path(reference)
        if not path.is_file():
            raise UsageError(f"{reference}: no such file; shipped plans: {', '.join(shipped_plans())}")
        return path
    shipped = shipped_plans()
    if reference not in shipped:
        raise UsageError(f"no plan is called '{reference}'; {nearest(reference, shipped)}")
    return shipped[reference]


def load_plan(reference: str | Path, variant: str | None = None, settings: Sequence[str] = ()) -> Resolved:
    """The plan behind a path or a name.

    Args:
        reference: a path, or the name of a shipped plan.
        variant: the name of one of its variants.
        settings: `path=value` assignments, applied after the variant's.

    Raises:
        RecipeError: with file, line and column of every fault.
        UsageError: nothing has that name.
    """
    path = reference if isinstance(reference, Path) else find_plan(reference)
    node = read_file(path)
    _build(node)  # the plan as written must be valid before anything in it is changed
    if variant is not None:
        _vary(node, variant)
    for setting in settings:
        assign(node, setting)
    return Resolved(_build(node), node, path, variant, tuple(settings))


def _build(node: Node) -> Plan:
    try:
        return Plan.model_validate(node.plain())
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            path = (fault.get("ctx") or {}).get("path")
            if fault["type"] == "plan" and path:
                steps = [int(step) if step.isdigit() else step for step in path.split(".")]
                raise RecipeError(fault["msg"], node.find(steps)[0]) from None
        raise_faults(error, node, Plan)
        raise


def _vary(node: Node, name: str) -> None:
    variants = node.get("variants")
    known = list(variants.value) if variants is not None and isinstance(variants.value, dict) else []
    if variants is None or name not in known:
        raise UsageError(
            f"the plan has no variant '{name}'; {nearest(name, known) if known else 'it has none'}"
        )
    _, changes = variants.find([name, "set"])
    assert changes is not None  # the plan was validated as written
    for path, value in changes.value.items():
        _put(node, path, value, changes.keys[path])


def _put(root: Node, path: str, value: Node, place: Place) -> None:
    """Like `assign`, with a node that keeps its places."""
    *way, last = path.split(".")
    node: Node | None = root
    for step in way:
        if node is not None and isinstance(node.value, list):
            node = node.value[int(step)] if step.isdigit() and int(step) < len(node.value) else None
        elif node is not None and isinstance(node.value, dict):
            node = node.value.setdefault(step, Node({}, place))
        else:
            node = None
    if node is None or not isinstance(node.value, dict):
        raise RecipeError(f"'{path}' is not a path in the plan", place)
    node.value[last], node.keys[last] = value, place


def plan_schema() -> str:
    """The JSON Schema of plans, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
