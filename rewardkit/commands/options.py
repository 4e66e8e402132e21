"""The arguments and options that several commands take, said once."""

from __future__ import annotations

from typing import Annotated

import typer

RecipeName = Annotated[str, typer.Argument(help="name@version, or the path of a recipe.")]
Columns_ = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        "-c",
        metavar="ROLE=NAME",
        help="The column of a role, as in gold=answer. Roles: prompt, completion, gold, id, group, sample, tokens, "
        "token_ids, finish, reasoning. Those not named are looked for under their usual names, and said.",
    ),
]
GoldExtract = Annotated[
    str | None,
    typer.Option(
        "--gold-extract",
        metavar="EXTRACTOR",
        help="Where the gold stands inside a text: hash, boxed, answer_line ...",
    ),
]
Tokenizer = Annotated[
    str | None,
    typer.Option(
        "--tokenizer", metavar="NAME|DIR", help="Counts tokens where the rows do not say how many there are."
    ),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        "--group-by",
        metavar="COLUMN",
        help="The group column; its rows may stand anywhere (reads the file into memory).",
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Read this many rows at most.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Derive a variant: reward.too_long.above=512."),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="CODE",
        help="Accept findings of this code; write it into the recipe's `allow:` with a reason to keep it.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
