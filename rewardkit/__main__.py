"""The root of the command line.

Commands come from the table below and from the entry-point group `rewardkit.commands` (`eval`, `train`, and those of
other packages), and are imported only when they are called: so `rewardkit --help` starts at once, and `rewardkit test`
never imports torch. Exit codes: 0; 1 a case or a check failed; 2 usage or bad input.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from .errors import RewardkitError, UsageError, nearest

COMMANDS = {
    "list": ("listing:list_recipes", "List the recipes and their versions."),
    "show": ("show:show", "Print a recipe, as written or resolved, as YAML or Python."),
    "new": ("new:new", "Start a recipe, with cases that pass."),
    "test": ("test:test", "Run the cases beside recipes."),
    "score": ("score:score", "Score a file of completions."),
    "explain": ("explain:explain", "Explain the reward of one completion."),
    "verify": ("verify:verify", "Judge answers against golds, and measure how well that works."),
    "check": ("check:check", "Prove what a recipe pays for, alone or on your data."),
    "redteam": ("redteam:redteam", "Attack a recipe with named mutations of completions."),
    "diff": ("diff:diff", "Compare two recipes: what they pay, and for what."),
    "advantages": ("advantages:advantages", "Show the advantages that GRPO would compute."),
    "signal": ("signal:signal", "Find the problems worth training on, and a group size."),
    "lock": ("lock:lock", "Show released versions, or release one."),
    "schema": ("schema:schema", "Print the JSON Schema of recipes, for editors."),
}
EXTRAS = {
    "accelerate": "train",
    "aiohttp": "eval",
    "altair": "report",
    "bitsandbytes": "quant",
    "datasets": "eval",
    "fastapi": "serve",
    "filelock": "eval",
    "jinja2": "eval",
    "peft": "train",
    "scipy": "eval",
    "torch": "train",
    "transformers": "train",
    "trl": "train",
    "uvicorn": "serve",
    "vl_convert": "report",
}
"""For each package that a command may find missing, the extra of rewardkit that installs it."""

NAMESAKE = "harbor-rewardkit"
"""Harbor's Reward Kit, another project with the same import name and command."""

ELSEWHERE = {
    "demo": "Tell the story of a reward, on this machine, in minutes.",
    "report": "Write one page about runs, scores and diffs.",
    "eval": "Evaluate a model: greedy beside pass@k.",
    "train": "Train a model by a plan of stages.",
    "serve": "Serve a recipe over HTTP.",
}


class Root(TyperGroup):
    """A group whose commands are stubs with one line of help until they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, ours first."""
        own = [name for name in COMMANDS if _exists(name)]
        return own + sorted(point.name for point in _points() if point.name not in COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stub for help texts."""
        if cmd_name not in self.list_commands(ctx):
            return None
        text = COMMANDS[cmd_name][1] if cmd_name in COMMANDS else ELSEWHERE.get(cmd_name)
        if text is None:
            [point] = [point for point in _points() if point.name == cmd_name]
            text = f"From {point.dist.name if point.dist else point.value}."
        return TyperCommand(cmd_name, help=text)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command, imported now. An unknown name is answered with the nearest one."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise UsageError(f"no command is called '{args[0]}'; {nearest(args[0], self.list_commands(ctx))}")
        name, stub, rest = super().resolve_command(ctx, args)
        return name, (_load(name) if stub is not None and name is not None else stub), rest


def _exists(name: str) -> bool:
    module = COMMANDS[name][0].partition(":")[0]
    return os.path.exists(os.path.join(os.path.dirname(__file__), "commands", f"{module}.py"))


def _points() -> list[EntryPoint]:
    return list(entry_points(group="rewardkit.commands"))


def _load(name: str) -> Any:
    if name in COMMANDS:
        module, _, function = COMMANDS[name][0].partition(":")
        found: Any = getattr(import_module(f".commands.{module}", __package__), function)
    else:
        [point] = [point for point in _points() if point.name == name]
        found = point.load()
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    if hasattr(found, "make_context"):  # a click command, from any copy of click
        return found
    app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
    app.command(name)(found)
    return typer.main.get_command(app)


app = typer.Typer(
    cls=Root,
    name="rewardkit",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from . import __version__

        typer.echo(f"rewardkit {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Rewards as versioned recipes: read, test, prove, compare and train with them."""


def main() -> NoReturn:
    """Run the command line; our own errors are one line on standard error and an exit code."""
    if _namesake_installed():
        _say(
            f"error: {NAMESAKE} is installed in this environment too. It uses the same import name and command, `rewardkit`, "
            f"so the two overwrite each other's files; give each an environment of its own: pip uninstall {NAMESAKE}, then "
            "pip install --force-reinstall rewardkit"
        )
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without ✓ gets \u2713, not a traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except RewardkitError as error:
        _say(f"error: {error}")
        sys.exit(error.exit_code)
    except OSError as error:  # a file of the caller's: read-only, a folder, a full disk
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        _say(f"error: {error.filename or 'writing'}: {error.strerror}")
        sys.exit(2)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        _say(
            f"error: this needs the package '{package}', which is not installed: pip install 'rewardkit[{EXTRAS[package]}]'"
        )
        sys.exit(2)
    sys.exit(0)


def _namesake_installed() -> bool:
    try:
        distribution(NAMESAKE)
    except PackageNotFoundError:
        return False
    return True


def _say(text: str) -> None:
    """A line on standard error, in red on a terminal."""
    typer.secho(text, err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)


if __name__ == "__main__":
    main()
