"""The arguments and options that several commands share, and how they print JSON."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

RecipeName = Annotated[
    str, typer.Argument(help="name@version, package:name@version, or the path of a recipe.")
]
Columns_ = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        "-c",
        metavar="ROLE=NAME",
        help="The column of a role, as in gold=answer. Roles: prompt, completion, gold, id, group, sample, tokens, "
        "token_ids, finish, reasoning. Roles that are not given are looked up under their usual names; the column "
        "that is used is printed.",
    ),
]
GoldExtract = Annotated[
    str | None,
    typer.Option(
        "--gold-extract",
        metavar="EXTRACTOR",
        help="Finds the gold inside a longer string: hash, boxed, answer_line ...",
    ),
]
Tokenizer = Annotated[
    str | None,
    typer.Option("--tokenizer", metavar="NAME|DIR", help="Counts tokens if the rows have no token counts."),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        "--group-by",
        metavar="COLUMN",
        help="The group column; a group's rows may be anywhere in the file (which is read into memory).",
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Read at most this many rows.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Derive a variant: reward.too_long.above=512."),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="CODE",
        help="Accept findings with this code; to do so permanently, add it to the recipe's `allow:` with a reason.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="How many processes score. Default: the cores that this process may use; one for few completions. The result "
        "is the same.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@dataclass(frozen=True)
class RowOptions:
    """How a file of rollouts is read. A command takes all five as one parameter, see `with_row_options`."""

    column: Columns_ = None
    gold_extract: GoldExtract = None
    tokenizer: Tokenizer = None
    group_by: GroupBy = None
    limit: Limit = None

    def given(self) -> dict[str, Any]:
        """The options by name, as `audit.rollouts.load` takes them."""
        return asdict(self)


AS_IT_IS = RowOptions()
"""No option given: columns under their usual names, all rows."""


def with_row_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `rows: RowOptions` becomes five options on the command line."""
    hints = get_type_hints(RowOptions, include_extras=True)
    options = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hints[field.name]
        )
        for field in fields(RowOptions)
    ]
    signature = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        own = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        parameters += options if parameter.annotation is RowOptions else [own]

    @wraps(command)
    def run(**given: Any) -> None:
        rows = RowOptions(**{option.name: given.pop(option.name) for option in options})
        command(**given, rows=rows)

    run.__signature__ = signature.replace(parameters=parameters)  # pyright: ignore[reportAttributeAccessIssue]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    from ..documents import json_text

    typer.echo(json_text(value), nl=False)


def print_document(kind: str, value: Any, **more: Any) -> None:
    """Print a result as a document that says what it is, with `more` beside its own members."""
    from ..documents import document

    print_json(document(kind, value, **more))
