"""Templates and filters of a plan's data: Jinja over a row's columns, sandboxed and strict.

A missing column, and a null where a template prints one, are errors with the row's file and number: nobody wants
`None` in a prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError

from rewardkit.errors import DataError
from rewardkit.evals.suite.shared import sandbox
from rewardkit.formatting import cut
from rewardkit.rows.values import is_null


class _Null(TemplateError):
    """A template prints a null."""


def _printed(value: Any) -> Any:
    if is_null(value):
        raise _Null
    return value


JINJA = sandbox(finalize=_printed)


def syntax_fault(template: str, expression: bool = False) -> str | None:
    """The syntax error of a template or a filter's expression, or None."""
    try:
        if expression:
            JINJA.compile_expression(template)
        else:
            JINJA.parse(template)
    except TemplateSyntaxError as wrong:
        return f"not a valid Jinja {'expression' if expression else 'template'}: {wrong.message}"
    return None


def fill(template: str, fields: Mapping[str, Any], source: str, number: int) -> str:
    """A template filled from a row. Raises DataError if the row lacks a column or the result is empty."""
    try:
        text = JINJA.from_string(template).render(**fields)
    except _Null as wrong:
        nulls = [name for name, value in fields.items() if is_null(value) and name in template]
        raise DataError(
            f"{' and '.join(nulls) or 'a value'} in the template '{cut(template)}' is null; fix the row, leave out such "
            f"rows with `filter: {nulls[0] if nulls else 'COLUMN'}`, or write {{{{ COLUMN or '' }}}}",
            source,
            number,
        ) from wrong
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as wrong:
        raise DataError(f"{wrong}; the row has {', '.join(fields)}", source, number) from wrong
    if not text.strip():
        raise DataError(
            f"the template '{cut(template)}' gives an empty string; fix the row, or leave out such rows with `filter`",
            source,
            number,
        )
    return text


def kept(
    row: Mapping[str, Any], where: Mapping[str, Any], condition: str | None, source: str, number: int
) -> bool:
    """Whether a row has the values of `where` and meets the condition of `filter`."""
    for name, wanted in where.items():
        if column(row, name, source, number) not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    if condition is None:
        return True
    try:
        return bool(JINJA.compile_expression(condition, undefined_to_none=False)(**row))
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as wrong:
        raise DataError(
            f"filter '{condition}': {wrong}; the row has {', '.join(row)}", source, number
        ) from wrong


def column(row: Mapping[str, Any], name: str, source: str, number: int) -> Any:
    """A cell. Raises DataError if the row has no such column."""
    if name not in row:
        raise DataError(f"no column '{name}'; found {', '.join(row)}", source, number)
    return row[name]
