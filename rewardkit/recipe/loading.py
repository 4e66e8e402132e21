"""Finding recipes and building them: files, `name@version`, `extends`, `remove` and `--set`.

A released version whose digest differs from the lock's is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from ..config.faults import raise_faults
from ..config.source import Node, assign, copy, from_plain, merge, read_file
from ..errors import Place, RecipeError, UsageError, nearest
from ..kinds import TERMS
from ..terms.labels import labelled_list
from .discovery import FILE, REFERENCE, find, folders
from .lock import check_lock
from .plugins import kinds_elsewhere, load_plugins
from .recipe import Recipe


def load_recipe(reference: str | Path, settings: Sequence[str] = ()) -> Recipe:
    """The recipe behind `name@version`, `package:name@version` or a path.

    Args:
        reference: as above.
        settings: `path=value` assignments that derive a variant, as in `reward.too_long.above=512`.

    Raises:
        RecipeError: with file, line and column.
        LockError: a released version has changed.
        UsageError: nothing has that name.
    """
    load_plugins()
    path = reference if isinstance(reference, Path) else find(reference)
    root, node = resolve(path)
    try:
        recipe = build(node)
    except RecipeError as error:
        elsewhere = kinds_elsewhere(path) if "unknown " in error.fault else ""
        raise RecipeError(error.fault + elsewhere, error.place) if elsewhere else error from None
    check_lock(recipe, root, path)
    if not settings:
        return recipe
    plain, node = node, copy(node)
    _label_lists(node, settings)
    for setting in settings:
        assign(node, setting)
    for setting in settings:
        _check_setting(setting, plain, node)
    variant = build(node)
    variant._settings = tuple(settings)
    return variant


def _label_lists(root: Node, settings: Sequence[str]) -> None:
    """Turn lists of terms that a setting enters by a label into mappings, in place: labels are what reports show."""
    for setting in settings:
        node: Node | None = root
        for name, step in pairwise(setting.partition("=")[0].strip().split(".")):
            node = node.get(name) if isinstance(node, Node) and isinstance(node.value, dict) else None
            if node is None:
                break
            if name in ("reward", "terms") and isinstance(node.value, list) and not step.isdigit():
                places = labelled_list(node.plain())[1]
                node.value = {label: node.value[at] for label, at in places.items()}
                node.keys = {label: child.place for label, child in node.value.items()}


def _check_setting(setting: str, before: Node, after: Node) -> None:
    """Refuse a `--set` for a term that does not exist and is not a complete new one either."""
    first, *rest = setting.partition("=")[0].strip().split(".")
    labels = before.value["reward"].value if before.get("reward") is not None else None
    if not isinstance(labels, dict):
        return
    if first in labels and first not in Recipe.model_fields:
        raise UsageError(f"--set {setting}: terms belong under `reward`; write --set reward.{setting}")
    if first != "reward" or len(rest) < 2 or rest[0] in labels:
        return
    term = after.value["reward"].get(rest[0])
    if term is not None and term.get("kind") is None and rest[0] not in TERMS.names():
        raise UsageError(
            f"--set {setting}: the reward has no term '{rest[0]}'; {nearest(rest[0], labels)} (a new term needs "
            f"--set reward.{rest[0]}.kind=KIND too)"
        )


def resolve(path: Path, trail: tuple[Path, ...] = ()) -> tuple[Path, Node]:
    """The tree of a file with every `extends` resolved, and the recipes folder it lies in."""
    path = path.resolve() if trail else path
    node = read_file(path)
    root = path.resolve().parent.parent
    if not isinstance(node.value, dict):
        raise RecipeError("a recipe must be a mapping with recipe, version, answer and reward", node.place)
    _check_header(node, path)
    parent = node.value.pop("extends", None)
    removed = node.value.pop("remove", None)
    if parent is None:
        if removed is not None:
            raise RecipeError(
                "'remove' needs 'extends': without a parent there is nothing to remove", removed.place
            )
        return root, node
    if not isinstance(parent.value, str) or not REFERENCE.fullmatch(parent.value):
        raise RecipeError(
            f"extends is name@version or package:name@version, found {parent.value!r}", parent.place
        )
    here = (*trail, path.resolve())
    try:
        parent_path = find(parent.value, [root, *folders()]).resolve()
    except UsageError as error:
        raise RecipeError(f"missing parent: {error}", parent.place) from None
    if parent_path in here:
        chain = " -> ".join(
            f"{p.parent.name}/{p.name}" for p in (*here[here.index(parent_path) :], parent_path)
        )
        raise RecipeError(f"cycle in extends: {chain}; write one of them without `extends`", parent.place)
    _, inherited = resolve(parent_path, here)
    inherited = copy(inherited)
    for name in ("about", "allow"):
        inherited.value.pop(name, None)
    _remove(inherited, removed)
    return root, merge_recipe(inherited, node)


def _check_header(node: Node, path: Path) -> None:
    """Check that the recipe has a name and a version, and that its path says the same."""
    for key in ("recipe", "version"):
        if node.get(key) is None:
            raise RecipeError(
                f"'{key}' is missing; a recipe starts with `recipe: name` and `version: 0`", node.place
            )
    name, version = node.value["recipe"], node.value["version"]
    if not isinstance(version.value, int) or isinstance(version.value, bool) or version.value < 0:
        raise RecipeError(f"a version must be a whole number from 0, found {version.value!r}", version.place)
    match = FILE.fullmatch(path.name)
    if match and int(match[1]) != version.value:
        raise RecipeError(
            f"the file is called {path.name}, but says version: {version.value}; rename the file or change the version",
            version.place,
        )
    folder = path.resolve().parent.name
    if match and folder != name.value and path.resolve().parent.parent.name == "recipes":
        raise RecipeError(
            f"the folder is called {folder}, but the file says recipe: {name.value}; make them the same",
            name.place,
        )


def _remove(inherited: Node, removed: Node | None) -> None:
    if removed is None:
        return
    reward = inherited.get("reward")
    if not isinstance(removed.value, list) or reward is None:
        raise RecipeError("remove must be a list of labels, as in [too_long]", removed.place)
    if not isinstance(reward.value, dict):
        raise RecipeError("the parent's reward is not a mapping of labels to terms", reward.place)
    for label in removed.value:
        if not isinstance(label.value, str) or label.value not in reward.value:
            raise RecipeError(
                f"the parent has no term '{label.plain()}' to remove; {nearest(str(label.plain()), reward.value)}",
                label.place,
            )
        del reward.value[label.value]


def merge_recipe(parent: Node, child: Node) -> Node:
    """Child over parent, deep; a term whose kind changes is replaced, not merged."""
    reward, inherited = child.get("reward"), parent.get("reward")
    if reward is not None and inherited is not None and isinstance(reward.value, dict):
        for label, term in reward.value.items():
            before = inherited.get(label)
            if before is not None and _kind(term, label, before) != _kind(before, label, None):
                del inherited.value[label]
    return merge(parent, child)


def _kind(term: Node, label: str, parent: Node | None) -> str:
    """The kind that a term states; else its parent's; else its label."""
    stated = term.get("kind")
    if stated is not None:
        return str(stated.value)
    return _kind(parent, label, None) if parent is not None else label


def build(node: Node) -> Recipe:
    """A recipe from a resolved tree; every fault at its own place."""
    plain = node.plain()
    try:
        return Recipe.model_validate(plain)
    except ValidationError as error:
        raise_faults(error, node, Recipe)
        raise


def variant(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with `path=value` assignments applied. Raises RecipeError or UsageError, like `--set`."""
    node = from_plain(recipe.tree(), Place(recipe.ref))
    for setting in settings:
        assign(node, setting)
    return build(node)
