"""The commands of README.md and docs/, read, run and refreshed.

A fenced block with the info string `console` holds commands after `$ ` (going on after `> `) and what
they printed. The blocks of a page run in order, in one empty folder. The output shown must be the
output seen, unless the info string says `volatile` (times, paths, random figures); a command that is
meant to fail is followed by `# exit 1`. A block `yaml FILE` or `python FILE` writes that file before
the commands that follow.

`python tests/docs/blocks.py [PAGE...]` runs the pages and writes what was printed into them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = ("make ", "git clone", "cd rewardkit", "pip install", "python3 -m venv", "accelerate launch")
"""What the tests run in another way (the make targets), or what needs a network or a second machine."""


@dataclass
class Command:
    text: str
    exit_code: int
    output: str


@dataclass
class Block:
    info: str
    start: int
    stop: int
    commands: list[Command]
    body: str

    @property
    def volatile(self) -> bool:
        return "volatile" in self.info.split()


def read_page(text: str) -> list[Block]:
    """The blocks of a page that mean something here, in order."""
    blocks = []
    for match in FENCE.finditer(text):
        info = match["info"].strip()
        words = info.split()
        if words[:1] == ["console"]:
            blocks.append(
                Block(info, match.start("body"), match.end("body"), _commands(match["body"]), match["body"])
            )
        elif len(words) == 2 and words[0] in ("yaml", "python", "json", "toml", "jsonl"):
            blocks.append(Block(info, match.start("body"), match.end("body"), [], match["body"]))
    return blocks


def _commands(body: str) -> list[Command]:
    commands: list[Command] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            text, _, tail = line[2:].partition("  # exit ")
            commands.append(Command(text.rstrip(), int(tail or 0), ""))
        elif line.startswith("> ") and commands and not commands[-1].output:
            commands[-1].text += "\n" + line[2:]
        elif commands:
            commands[-1].output += line + "\n"
    return commands


def run(command: Command, folder: Path) -> tuple[int, str]:
    """Exit code and everything printed, as on an 80-column terminal without colour."""
    if command.text.startswith(ELSEWHERE):
        return command.exit_code, command.output
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command.text],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return done.returncode, "".join(f"{line}\n" for line in lines)


def write_file(block: Block, folder: Path) -> None:
    """The file that a block with a name writes."""
    target = folder / block.info.split()[1]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(block.body, encoding="utf-8")


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def refresh(page: Path) -> None:
    """Run a page's commands and write what they printed into it."""
    text = page.read_text(encoding="utf-8")
    pieces, at = [], 0
    with tempfile.TemporaryDirectory() as name:
        for block in read_page(text):
            if not block.commands:
                write_file(block, Path(name))
                continue
            lines = []
            for command in block.commands:
                code, output = run(command, Path(name))
                first, *rest = command.text.split("\n")
                mark = f"  # exit {code}" if code else ""
                lines += [f"$ {first}{mark}", *(f"> {line}" for line in rest), *output.splitlines()]
                print(f"{page.name}: exit {code}: {first}")
            pieces += [text[at : block.start], "\n".join(lines) + "\n"]
            at = block.stop
    page.write_text("".join([*pieces, text[at:]]), encoding="utf-8")


if __name__ == "__main__":
    for wanted in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        refresh(wanted)
