"""`rewardkit demo`: the story of a reward, on this machine, in minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    seed: Annotated[
        int, typer.Option(help="Another seed gives another world, another policy, other figures.")
    ] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="A shorter run of about a minute.")] = False,
    versions: Annotated[str, typer.Option(help="Versions of playground-none to train with.")] = "0,1",
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for everything it makes.")] = Path(
        "runs/demo"
    ),
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page when done.")] = True,
) -> None:
    """Train a tiny policy by two versions of a reward and see what each one bought.

    Nothing is downloaded. Every figure comes from this run. After Ctrl-C, the same command resumes.
    """
    import sys
    import webbrowser

    from rich.console import Console

    from rewardkit.errors import SetupError, UsageError

    try:
        chosen = [int(one) for one in versions.split(",")]
    except ValueError:
        raise UsageError(f"--versions {versions}: write numbers with commas, as in 0,1,3") from None
    try:
        import torch
    except ModuleNotFoundError:
        raise SetupError(
            "the demo trains, which needs torch and TRL: pip install 'rewardkit[train]'"
        ) from None
    torch.set_num_threads(1)  # steadier than two for a model this small

    from .quiet import quiet

    quiet()
    from .settings import QUICK, WHOLE, folder_of
    from .story import tell

    page = tell(folder_of(out, seed, quick), seed, chosen, QUICK if quick else WHOLE, Console())
    typer.echo(f"the page: {page.resolve()}")
    if open_page and sys.stdout.isatty():
        webbrowser.open(page.resolve().as_uri())
