"""docs/architecture.md is made from the import contract, and names only what exists."""

import importlib.util
import re
from pathlib import Path

HERE = Path(__file__)
SPEC = importlib.util.spec_from_file_location("architecture", HERE.with_name("architecture.py"))
architecture = importlib.util.module_from_spec(SPEC)  # pyright: ignore[reportArgumentType]
SPEC.loader.exec_module(architecture)  # pyright: ignore[reportOptionalMemberAccess]
ROOT = architecture.ROOT
TEXT = architecture.PAGE.read_text(encoding="utf-8")


def test_the_made_parts_are_those_of_the_contract():
    assert architecture.page(TEXT) == TEXT, "run python tests/docs/architecture.py"


def test_every_room_is_in_the_contract():
    rooms = {path.stem for path in (ROOT / "rewardkit").glob("*.py")} - {"__init__"}
    rooms |= {path.parent.name for path in (ROOT / "rewardkit").glob("*/__init__.py")} - {"recipes"}
    assert rooms == {room for floor in architecture.floors() for room in floor}


def test_it_names_only_what_exists():
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("rewardkit", "evals", "trainers", "tests")
        for path in (ROOT / room).rglob("*.py")
    )
    written = re.sub(r"<!-- (\w+): made -->.*?<!-- /\1 -->", "", TEXT, flags=re.DOTALL)
    for name in re.findall(r"`([^`\n]+)`", written):
        if re.fullmatch(r"[\w.{}-]+(/[\w.*{}-]*)+|[\w-]+\.(py|md|toml|lock|yaml)|Makefile", name):
            assert list(ROOT.glob(name.rstrip("/"))) or list((ROOT / "rewardkit").glob(name.rstrip("/"))), (
                name
            )
        elif re.fullmatch(r"[A-Za-z_]+(\.[A-Za-z_]+)*(\(\))?", name):
            last = name.removesuffix("()").rpartition(".")[2]
            assert re.search(rf"\b{last}\b", sources), name
