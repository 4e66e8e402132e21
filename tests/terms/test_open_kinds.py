"""No code outside a kind's own module decides by the kind's name or class: what it must know stands on the kind."""

import ast
from pathlib import Path

import pytest

from rewardkit.kinds import EXTRACTORS, TERMS, VERIFIERS

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("kind", "__name__", "__qualname__", "__module__")
OTHER_KINDS = {
    "rewardkit/verify/math/": "a token's kind, of the grammar of mathematics",
    "rewardkit/recipe/printing.py": "names that Python source already uses",
    "rewardkit/recipe/schema.py": "names of definitions in a JSON Schema",
    "rewardkit/rows/": "the kind of a row's fault, and the class of a cell (numpy's bool)",
    "rewardkit/recipe/spread.py": "whether another process can import a class",
    "evals/run/": "the kind of a refusal",
    "evals/report/": "a source's or a stage's kind, of runs and plans",
    "evals/suite/": "the kind of a generated problem set",
    "trainers/": "a stage's kind: sft or grpo",
}
"""Where `.kind` and a class's name are about something else than terms, extractors and verifiers."""


def modules():
    for room in ("rewardkit", "evals", "trainers"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(("rewardkit/evals/", "rewardkit/trainers/")):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def is_name_of_kind(node):
    """`x.kind`, `type(x).__name__`, `getattr(x, "kind")`."""
    if isinstance(node, ast.Attribute):
        return node.attr in NAMES
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "getattr"
        and any(isinstance(one, ast.Constant) and one.value in NAMES for one in node.args)
    )


def decides(node):
    """Whether a node compares, indexes or matches a kind's name: with a literal, or a collection."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        others = [side for side in sides if not is_name_of_kind(side)]
        member = any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops)
        literal = any(
            isinstance(side, (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict)) for side in others
        )
        return len(others) < len(sides) and (member or literal)
    if isinstance(node, ast.Subscript):
        return is_name_of_kind(node.slice)
    if isinstance(node, ast.Match):
        return is_name_of_kind(node.subject)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("startswith", "endswith", "removeprefix"):
            return is_name_of_kind(node.func.value)
        if node.func.attr in ("get", "setdefault"):
            return bool(node.args) and is_name_of_kind(node.args[0])
    return False


SAMPLES = {
    'x.kind == "format"': True,
    "x.kind in FORM": True,
    "x.kind not in {'a'}": True,
    "FORMS[x.kind]": True,
    "FORMS.get(x.kind, 1)": True,
    'type(x).__module__.startswith("rewardkit.terms.")': True,
    'type(x).__name__ == "Format"': True,
    'getattr(x, "kind") == "format"': True,
    "x.kind == label": False,
    "f'{x.kind}'": False,
}


@pytest.mark.parametrize(("code", "wanted"), SAMPLES.items())
def test_what_counts_as_deciding_by_name(code, wanted):
    assert any(decides(node) for node in ast.walk(ast.parse(code))) is wanted


def test_nothing_decides_by_the_name_of_a_kind():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if not name.startswith(tuple(OTHER_KINDS))
        for node in ast.walk(tree)
        if decides(node)
    ]
    assert found == []


def classes_of_kinds():
    for registry in (TERMS, EXTRACTORS, VERIFIERS):
        for name in registry.names():
            cls = registry.get(name)
            if cls.__module__.startswith("rewardkit."):
                yield cls.__name__, cls.__module__.replace(".", "/") + ".py"


def test_nothing_asks_whether_a_kind_is_of_a_class_of_ours():
    homes = dict(classes_of_kinds())
    found = [
        f"{name}:{node.lineno} {one.id}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass")
        for one in ast.walk(node.args[1])
        if isinstance(one, ast.Name) and one.id in homes and homes[one.id] != name
    ]
    assert found == []


def test_no_module_holds_a_list_of_the_names_of_kinds():
    """Two or more names of terms in one collection; a registry, a default and the text of a message are no list."""
    names = {name for name in TERMS.names() if "_" in name} | {"correctness", "repetition", "characters"}
    allowed = {
        "rewardkit/kinds.py": "the registry",
        "trainers/run/watch.py": "rules of the watch, some called as terms are",
        "rewardkit/terms/conditions/facts.py": "numbers that conditions read, of which one is called as a term is",
    }
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if name not in allowed and not name.startswith("rewardkit/terms/kinds/")
        for node in ast.walk(tree)
        if isinstance(node, (ast.Tuple, ast.List, ast.Set, ast.Dict))
        for held in [node.keys if isinstance(node, ast.Dict) else node.elts]
        if sum(isinstance(one, ast.Constant) and one.value in names for one in held) > 1
    ]
    assert found == []
