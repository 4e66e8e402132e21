"""Commands that pages name without running them (they need a GPU, a hub or a server) exist, and so do their options."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import typer

from rewardkit.__main__ import app

ROOT = Path(__file__).resolve().parents[2]
INLINE = re.compile(r"`(rewardkit [^`\n]+)`")
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def named(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    shown = [
        line for info, body in FENCE.findall(text) if "console" not in info for line in body.splitlines()
    ]
    return INLINE.findall(FENCE.sub("", text)) + [line for line in shown if line.startswith("rewardkit ")]


def options_of(words: list[str]) -> set[str]:
    """The options of the command that these words begin with. Raises UsageError where there is no such command."""
    root = typer.main.get_command(app)
    _, command, rest = root.resolve_command(typer.Context(root), words)
    while hasattr(command, "commands") and rest and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"-h", "--help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page):
    for line in named(page):
        words = line.split("#")[0].split()[1:]
        if words[0].startswith("-"):
            continue
        known = options_of(words)
        used = {word.split("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)}
        assert used <= known, f"{page.name}: {line}: {sorted(used - known)}"


def test_the_lines_for_trl_are_those_that_run():
    spec = importlib.util.spec_from_file_location("blocks", Path(__file__).with_name("blocks.py"))
    blocks = sys.modules.setdefault("blocks", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(blocks)
    [script] = [
        b.body
        for b in blocks.read_page((ROOT / "docs" / "train.md").read_text("utf-8"))
        if b.info == "python own.py"
    ]
    shown = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[1]
    for line in shown.splitlines():
        code = line.split("#")[0].strip().replace("my-reward@0", "math-none@1")
        assert code in script
