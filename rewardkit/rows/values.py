"""Turning cells into the values of a rollout: golds, completions, counts, finish reasons.

Cells come from JSON, CSV, parquet or pandas. One that cannot be used raises a `RowFault`, which says
what was found and what would be right. NaN, pandas' NaT and NA are null:
data frames turn a missing number into one of them.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..formatting import cut
from ..kinds import Extractor
from ..types import Finish, Gold

STOPPED = {"stop", "eos", "eos_token", "end_turn", "stop_sequence", "end_of_text", "finished"}
CUT = {"length", "max_tokens", "max_length", "max_new_tokens", "truncated"}


class RowFault(Exception):
    """Why a row, or one completion of it, cannot be used. `kind` is what faults are counted by."""

    def __init__(self, kind: str, fault: str) -> None:
        self.kind, self.fault = kind, fault
        super().__init__(fault)


@dataclass(frozen=True, slots=True)
class Said:
    """A completion, the reasoning that its message carries apart, and the prompt before it, if any."""

    text: str
    reasoning: str | None = None
    prompt: Sequence[Mapping[str, Any]] | None = None


def is_null(cell: Any) -> bool:
    """Whether a cell holds nothing: None, NaN, NaT, NA."""
    if cell is None:
        return True
    if type(cell) is str:
        return False
    if isinstance(cell, (str, bytes, list, tuple, Mapping)):
        return False
    if isinstance(cell, numbers.Real):
        return math.isnan(cell)
    return type(cell).__name__ in ("NAType", "NaTType")


def as_list(cell: Any) -> list[Any] | None:
    """A list for a list, a tuple, an array, a tensor or a column of a data set; None for anything else."""
    if isinstance(cell, (list, tuple)):
        return list(cell)
    if isinstance(cell, (str, bytes, bytearray, Mapping)):
        return None
    if getattr(cell, "shape", ()) and hasattr(cell, "tolist"):  # numpy, torch, pandas
        return cell.tolist()
    return list(cell) if isinstance(cell, Sequence) else None


def scalar(cell: Any) -> Any:
    """The value of a zero-dimensional array or tensor; anything else as it is."""
    return cell.item() if getattr(cell, "shape", None) == () and hasattr(cell, "item") else cell


def number_text(number: Any) -> str:
    """A number as one would write it: no exponent, and no `.0` that a data frame put there.

    >>> number_text(18), number_text(18.0), number_text(0.25), number_text(1e-7), number_text(1e21)
    ('18', '18', '0.25', '0.0000001', '1000000000000000000000')
    """
    if isinstance(number, numbers.Integral):
        return str(int(number))
    exact = number if isinstance(number, Decimal) else Decimal(repr(float(number)))
    if not exact.is_finite():
        return str(exact)
    if exact == exact.to_integral_value():
        return format(exact.to_integral_value(), "f")
    return format(exact.normalize(), "f")


def is_bool(cell: Any) -> bool:
    """A boolean, Python's or numpy's."""
    return isinstance(cell, bool) or type(cell).__name__ in ("bool", "bool_")


def is_number(cell: Any) -> bool:
    """A number, Python's, numpy's or a Decimal; never a boolean."""
    return isinstance(cell, (numbers.Real, Decimal)) and not is_bool(cell)


def golds(cell: Any, extractor: Extractor | None, null_is_gold: bool) -> Gold | tuple[Gold, ...]:
    """The accepted gold or golds of a cell.

    Args:
        cell: a string, a number, a boolean, null, or a list of those.
        extractor: finds the gold inside a string (`#### 18`); None where the string is the gold.
        null_is_gold: whether a null is a gold (the problem cannot be answered); otherwise it is a fault.
    """
    several = as_list(cell)
    if several is None:
        return _gold(scalar(cell), extractor, null_is_gold)
    if not several:
        raise RowFault("missing gold", "the list of golds is empty; write the gold, or several accepted ones")
    found = tuple(_gold(one, extractor, null_is_gold) for one in several)
    return found[0] if len(found) == 1 else found


def _gold(cell: Any, extractor: Extractor | None, null_is_gold: bool) -> Gold:
    if is_null(cell):
        if null_is_gold:
            return None
        raise RowFault(
            "null gold",
            "the gold is null; write the gold, or, if null means that the problem cannot be answered, say so in the "
            "recipe (answer.null_gold: unanswerable)",
        )
    if is_bool(cell):
        return str(bool(cell))
    if is_number(cell):
        if not math.isfinite(cell):
            raise RowFault(
                "gold is not finite",
                "the gold is an infinite number (JSON's 1e999 is read as one); write it as a string",
            )
        return number_text(cell)
    if not isinstance(cell, str):
        raise RowFault(
            "gold is not a string",
            f"the gold is {type(cell).__name__}; a gold must be a string, a number or a list of those",
        )
    if extractor is None:
        return cell
    found = extractor.find(cell)
    if found is None or found.text is None:
        tail = cell[-60:].replace("\n", " ")
        raise RowFault(
            "no gold in the text",
            f"'{extractor.kind}' finds no gold in the string that ends {tail!r}",
        )
    return found.text


def is_message(cell: Any) -> bool:
    """Whether a cell is a chat message."""
    return isinstance(cell, Mapping) and "role" in cell


def completions(cell: Any) -> tuple[list[Any], bool]:
    """The completions of a cell, each a string or a message list, and whether the row is a group of them."""
    if is_null(cell):
        raise RowFault(
            "missing completion", 'the completion is missing; an empty one is "", which is not the same'
        )
    several = as_list(cell)
    if several is None:
        return [cell], False
    if several and all(is_message(one) for one in several):
        return [several], False
    if not several:
        raise RowFault("missing completion", "the list of completions is empty")
    return several, True


def said(cell: Any) -> Said:
    """The text of one completion.

    Of a message list, the text of the assistant's messages after the last user message.
    """
    if isinstance(cell, str):
        return Said(cell)
    if is_null(cell):
        raise RowFault(
            "missing completion", 'the completion is null; an empty one is "", which is not the same'
        )
    messages = [cell] if is_message(cell) else as_list(cell)
    if not messages or not all(is_message(one) for one in messages):
        raise RowFault(
            "completion is not a string",
            f"the completion is {type(cell).__name__}; it must be a string, or a list of messages with role and content",
        )
    users = [at for at, message in enumerate(messages) if message["role"] == "user"]
    cut = (
        users[-1] + 1 if users else next((at for at, m in enumerate(messages) if m["role"] == "assistant"), 0)
    )
    answers = [message for message in messages[cut:] if message["role"] == "assistant"]
    if not answers:
        raise RowFault("missing completion", "no assistant message follows the last user message")
    thoughts = [m.get("reasoning_content") or m.get("reasoning") for m in answers]
    text = "\n".join(_content(message) for message in answers)
    return Said(text, "\n".join(t for t in thoughts if isinstance(t, str)) or None, messages[:cut])


def _content(message: Mapping[str, Any]) -> str:
    """The text of a message: its content, or the text parts of its content."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = as_list(content)
    if parts is None:
        if is_null(content):
            return ""  # a message that only calls a tool
        raise RowFault(
            "completion is not a string", f"a message's content is {type(content).__name__}, not a string"
        )
    return "".join(
        part["text"] for part in parts if isinstance(part, Mapping) and isinstance(part.get("text"), str)
    )


def prompt(cell: Any) -> str | list[Mapping[str, Any]]:
    """A prompt: a string, or a message list; "" for null."""
    if isinstance(cell, str):
        return cell
    if is_null(cell):
        return ""
    messages = as_list(cell)
    if messages and all(is_message(one) for one in messages):
        return messages
    raise RowFault(
        "prompt is not a string",
        f"the prompt is {type(cell).__name__}; it must be a string or a list of messages",
    )


def name(cell: Any, role: str) -> str:
    """An id or a group as a string."""
    if isinstance(cell, str):
        return cell
    if is_number(cell):
        return number_text(cell)
    raise RowFault(
        f"{role} is not a name", f"the {role} is {type(cell).__name__}; it must be a string or a whole number"
    )


def count(cell: Any, role: str) -> int | None:
    """A whole number from 0, None for null."""
    if type(cell) is int and cell >= 0:
        return cell
    if is_null(cell):
        return None
    if isinstance(cell, str) and cell.strip().isdecimal():  # CSV has only text
        return int(cell)
    if is_number(cell):
        number: Any = cell
        if math.isfinite(number) and number >= 0 and number == int(number):
            return int(number)
    hint = (
        "; token ids go with --column token_ids=NAME"
        if role == "tokens" and as_list(cell) is not None
        else ""
    )
    raise RowFault(
        f"{role} is not a count", f"{role} must be a whole number from 0; found {short(cell)}{hint}"
    )


def token_ids(cell: Any) -> tuple[int, ...] | None:
    """Token ids, None for null."""
    if is_null(cell):
        return None
    ids = as_list(cell)
    if ids is None or not all(isinstance(one, numbers.Integral) and not isinstance(one, bool) for one in ids):
        raise RowFault(
            "token_ids are not ids", f"token_ids must be a list of whole numbers; found {short(cell)}"
        )
    return tuple(int(one) for one in ids)


def finish(cell: Any) -> Finish:
    """A finish reason. A boolean says whether the completion was cut; an unknown word is `unknown`."""
    if is_null(cell):
        return Finish.UNKNOWN
    if is_bool(cell):
        return Finish.LENGTH if cell else Finish.STOP
    if not isinstance(cell, str):
        raise RowFault(
            "finish is not a string", f"finish must be a word such as stop or length; found {short(cell)}"
        )
    word = cell.strip().casefold()
    if word in CUT:
        return Finish.LENGTH
    return Finish.STOP if word in STOPPED else Finish.UNKNOWN


def optional_text(cell: Any) -> str | None:
    """A string, None for null."""
    if is_null(cell):
        return None
    if not isinstance(cell, str):
        raise RowFault("reasoning is not a string", f"the reasoning is {type(cell).__name__}, not a string")
    return cell


def short(value: Any, width: int = 40) -> str:
    """A value as Python writes it, cut to a width, for messages."""
    return cut(repr(value), width)
