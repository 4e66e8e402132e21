"""The house: floors hold, no circle of files, no long functions, no two classes or neighbouring files of one name."""

import ast
import subprocess
import sys
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import grimp
import networkx
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("rewardkit", "evals", "trainers")

LONGEST = 60
"""Lines of a function's code: its signature, docstring and comments are not counted."""

HOOKS = {
    (
        "rewardkit.recipe.recipe",
        "rewardkit.scoring.frames",
    ): "Recipe.score_frame is where a user looks for it",
}
"""Imports from a lower room to a higher one, each with its reason. All of them are lazy."""


def sources() -> list[Path]:
    """Every module that is installed, each once."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not any((ROOT / room / part).is_symlink() for part in path.relative_to(ROOT / room).parts[:1]):
                found.append(path)
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def graph() -> networkx.DiGraph:
    """Imports between files, the lazy ones included; those for the type checker alone are not."""
    found = grimp.build_graph("rewardkit", exclude_type_checking_imports=True)
    arrows = networkx.DiGraph()
    arrows.add_nodes_from(found.modules)
    for module in found.modules:
        for imported in found.find_modules_directly_imported_by(module):
            if (module, imported) not in HOOKS:
                arrows.add_edge(module, imported)
    return arrows


def test_floors_hold():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_core_imports_no_trainers_library():
    for path in sources():
        if path.is_relative_to(ROOT / "rewardkit"):
            for node in ast.walk(parsed(path)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                assert not {name.split(".")[0] for name in names} & {"torch", "trl", "vllm"}, (
                    f"{path}:{node.lineno}"
                )


def test_no_circle_of_files():
    circles = [sorted(found) for found in networkx.strongly_connected_components(graph()) if len(found) > 1]
    assert not circles


def test_every_hook_is_an_import_that_exists():
    found = grimp.build_graph("rewardkit", exclude_type_checking_imports=True)
    for importer, imported in HOOKS:
        assert imported in found.find_modules_directly_imported_by(importer)


def test_the_root_holds_few_files():
    files = [path.name for path in (ROOT / "rewardkit").glob("*.py")]
    assert len(files) <= 10, sorted(files)


def rooms_below(room: str) -> list[str]:
    """The modules and folders that a folder holds itself."""
    return sorted(
        {".".join([room, *m[len(room) + 1 :].split(".")[:1]]) for m in graph() if m.startswith(room + ".")}
    )


FOLDERS = sorted({module.rpartition(".")[0] for module in graph() if "." in module} - {"rewardkit"})


@pytest.mark.parametrize("room", FOLDERS)
def test_a_room_has_at_most_six_floors(room):
    """What a room holds, folders as one, drawn with arrows down."""
    inside = networkx.DiGraph()
    names = rooms_below(room)
    home = {
        module: name
        for name in names
        for module in graph()
        if module == name or module.startswith(name + ".")
    }
    for one, other in graph().edges:
        if one in home and other in home and home[one] != home[other]:
            inside.add_edge(home[one], home[other])
    assert networkx.is_directed_acyclic_graph(inside), networkx.find_cycle(inside)
    floors = networkx.dag_longest_path(inside)
    assert len(floors) <= 6, " -> ".join(floors)


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return "typer" in ast.dump(node.args) or "Annotated" in ast.dump(node.args)


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, a command's signature and every docstring left out."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if not body:
        return 0
    inside = node.end_lineno - body[0].lineno + 1  # pyright: ignore[reportOptionalOperand]
    signature = 0 if is_command(node) else node.body[0].lineno - node.lineno
    return inside + signature


def test_no_function_is_long():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} ({code_lines(node)})"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and code_lines(node) > LONGEST
    ]
    assert not long


def test_no_file_is_two_ideas():
    assert not [
        f"{path.relative_to(ROOT)} ({n})"
        for path in sources()
        if (n := len(path.read_text().splitlines())) > 400
    ]


def test_every_module_says_what_it_is_for():
    for path in sources():
        assert len(ast.get_docstring(parsed(path)) or "") > 10, path


CLASSES = {
    "Boxed": "the kind `boxed`: an extractor, and a term that pays for its form",
    "Countdown": "the kind `countdown`: a verifier, and a term that pays by its distance",
    "Pattern": "the kind `pattern`: an extractor and a term, both with a regular expression",
}
"""Names that two classes may share, and why: recipes name kinds by registry, so a name is one thing in each."""


def test_no_two_classes_share_a_name():
    homes = defaultdict(list)
    for path in sources():
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(ROOT)))
    assert not {name: places for name, places in homes.items() if len(places) > 1 and name not in CLASSES}


def neighbours() -> list[list[str]]:
    """Rooms side by side: those of one floor, and the folders of one folder."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [floors] = [one["layers"] for one in contracts if one["id"] == "floors"]
    beside = [[f"rewardkit.{room.strip()}" for room in floor.split("|")] for floor in floors]
    return beside + [[name for name in rooms_below(room) if name in FOLDERS] for room in FOLDERS]


@pytest.mark.parametrize("rooms", neighbours(), ids=lambda rooms: " ".join(rooms) or "none")
def test_no_neighbours_share_a_file_name(rooms):
    homes = defaultdict(set)
    for room in rooms:
        for name in rooms_below(room):
            homes[name.rpartition(".")[2]].add(room)
    assert not {name: places for name, places in homes.items() if len(places) > 1}


def test_no_private_name_is_imported():
    """What another module uses is public."""
    borrowed = []
    for path in sources():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and (
                node.level or (node.module or "").startswith("rewardkit")
            ):
                borrowed += [
                    f"{path.relative_to(ROOT)}:{node.lineno} {alias.name}"
                    for alias in node.names
                    if alias.name.startswith("_") and not alias.name.startswith("__")
                ]
    assert not borrowed


NOT_ROOMS = {
    "bench": "measures",
    "docs": "runs the pages' examples",
    "repository": "holds what no room is for: packaging, doctests, this guard, the root's files",
    "soak": "takes long",
}
"""Folders of tests that mirror no room, each with what it does instead."""


def test_tests_mirror_the_rooms():
    """Every room has a folder of tests under its own name, and no folder of tests is without a room."""
    inside = {path.parent.name for path in (ROOT / "rewardkit").glob("*/__init__.py")}
    tested = {path.parent.name for path in (ROOT / "tests").glob("*/*.py")}
    assert tested - NOT_ROOMS.keys() == inside
