"""A Python function as a kind of term.

`@term(...)` makes a function of a reading a kind; its keyword parameters become the kind's validated
parameters. `reward_function(name, fn)` wraps an existing TRL reward function, unchanged, in one line.
Both belong in a module that the project names in its pyproject.toml (see `rewardkit.recipe.plugins`).
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import textwrap
import traceback
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

from pydantic import create_model

from ..errors import UsageError
from ..kinds import TERMS
from ..types import Reading
from .base import GroupTerm, Look, Payment, Term
from .cells import Cell, Pays

Bounds = tuple[float, float]
Paid = float | tuple[float | None, str] | None
"""What a function of a reading returns: a number or None, alone or with a note."""


def term(
    function: Callable[..., Paid] | None = None,
    /,
    *,
    pays: Bounds | None = None,
    name: str | None = None,
    revision: int = 1,
    looks_at: Collection[Look] = ("anything",),
) -> Callable[[Callable[..., Paid]], type[Term]]:
    """Turn a function into a kind of term and register it.

    Args:
        pays: lowest and highest payment, before modifiers; the audits rely on it. A payment outside
            raises an error.
        name: the kind's name in recipes; the function's own by default.
        revision: raise it when the function changes what it pays, so that locks notice.
        looks_at: everything that the payment depends on, as in {"layout"} or {"length"} (see `Look`).

    The function's first argument is the `Reading`; the others are keyword parameters with type hints
    and become parameters in YAML. It returns a number, or None for "does not apply"; or a pair of that and
    a note with a short reason.

    >>> @term(pays=(0.0, 1.0), name="doctest_polite")
    ... def polite(reading, *, word: str = "please") -> float:
    ...     return float(word in reading.text)
    >>> polite(word="thanks").word
    'thanks'
    """

    if function is not None or pays is None:
        raise UsageError(
            "state what the kind can pay: @term(pays=(LOWEST, HIGHEST)), as in @term(pays=(0.0, 1.0))"
        )
    bounds = pays

    def decorate(function: Callable[..., Paid]) -> type[Term]:
        own = name or function.__name__
        signature = inspect.signature(function, eval_str=True)
        params = list(signature.parameters.values())
        if not params:
            raise UsageError(f"kind '{own}': the function's first argument must be the reading")
        fields: dict[str, Any] = {}
        for param in params[1:]:
            kind = param.annotation if param.annotation is not inspect.Parameter.empty else Any
            fields[param.name] = (kind, ... if param.default is inspect.Parameter.empty else param.default)
        base = _each(own, function, list(fields), bounds, revision, frozenset(looks_at))
        cls = create_model(function.__name__, __base__=base, __module__=function.__module__, **fields)
        cls.__doc__ = function.__doc__
        cls.__qualname__ = function.__qualname__
        return TERMS.register(cls)

    return decorate


def _code(function: Callable[..., Any]) -> str | None:
    """A hash of a function's source with its decorators; None if it has no source (an interactive prompt, C code)."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return None
    return hashlib.sha256(textwrap.dedent(source).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _each(
    own: str,
    function: Callable[..., Paid],
    names: list[str],
    bounds: Bounds,
    version: int,
    looks: frozenset[str],
) -> type[Term]:
    class FunctionTerm(Term):
        kind: ClassVar[str] = own
        revision: ClassVar[int] = version
        code: ClassVar[str | None] = _code(function)
        looks_at: ClassVar[frozenset[str]] = looks

        def pay(self, reading: Reading) -> Payment:
            found = function(reading, **{param: getattr(self, param) for param in names})
            value, note = found if isinstance(found, tuple) else (found, "")
            return Payment(_checked(value, bounds, own), note)

        def pays(self, cell: Cell) -> Pays:
            return Pays(*bounds, absent=True)

    return FunctionTerm


def reward_function(
    name: str,
    function: Callable[..., Any],
    *,
    pays: Bounds,
    gold_column: str = "answer",
    conversational: bool | None = None,
    revision: int = 1,
    looks_at: Collection[Look] = ("anything",),
) -> type[Term]:
    """Register a TRL reward function as a kind, unchanged.

    It is called once per group (the completions of one prompt), by keyword, as TRL calls it: `prompts`, `completions`,
    `completion_ids` if they are known, the gold as `gold_column`, every other column under its own name. Prompts and
    completions are strings if the prompt is one, else message lists; for a function that reads only one of the two,
    set `conversational`. Assign the result to a name in the module, so that recipes which use it pickle:

        accuracy = reward_function("team_accuracy", accuracy_reward, pays=(0.0, 1.0), gold_column="solution")

    Args:
        name: the kind's name in recipes.
        function: takes lists, returns a number or None per completion.
        pays: lowest and highest payment.
        gold_column: the keyword for which the function expects the gold.
        conversational: True passes message lists even if the prompt is a string, as TRL's own
            rewards expect; None follows the prompt.
        revision: raise it when the function changes what it pays, so that locks notice.
        looks_at: everything that the payment depends on, as in {"layout"} (see `Look`).
    """

    class RewardFunction(GroupTerm):
        kind: ClassVar[str] = name
        code: ClassVar[str | None] = _code(function)

        def pay_group(self, readings: Sequence[Reading]) -> list[Payment]:
            if not readings:
                return []
            columns = _columns(readings, gold_column, conversational)
            try:
                values = list(function(**columns))
            except Exception as error:
                hint = "" if conversational else "; if it reads message lists, pass conversational=True"
                frame = traceback.extract_tb(error.__traceback__)[-1]
                raise UsageError(
                    f"kind '{name}': the function raised {type(error).__name__}: {error} "
                    f"({frame.filename}:{frame.lineno}){hint}"
                ) from error
            if len(values) != len(readings):
                raise UsageError(
                    f"kind '{name}': the function returned {len(values)} rewards for {len(readings)} completions"
                )
            return [Payment(_checked(value, pays, name)) for value in values]

        def pays(self, cell: Cell) -> Pays:
            return Pays(*pays, absent=True)

    RewardFunction.revision, RewardFunction.looks_at = revision, frozenset(looks_at)
    # A class is pickled by its name in its module: the name that the caller assigns it to.
    caller = sys._getframe(1).f_globals["__name__"]
    RewardFunction.__module__, RewardFunction.__qualname__ = caller, name
    module = sys.modules.get(caller)
    if module is not None and not hasattr(module, name):
        setattr(module, name, RewardFunction)
    return TERMS.register(RewardFunction)


def _columns(
    readings: Sequence[Reading], gold_column: str, conversational: bool | None
) -> dict[str, list[Any]]:
    rollouts = [reading.rollout for reading in readings]
    chat = not isinstance(rollouts[0].prompt, str) if conversational is None else conversational
    columns: dict[str, list[Any]] = {
        name: [rollout.fields.get(name) for rollout in rollouts]
        for name in dict.fromkeys(n for r in rollouts for n in r.fields)
    }
    columns["prompts"] = [_messages(rollout.prompt) if chat else rollout.prompt for rollout in rollouts]
    columns["completions"] = [
        [{"role": "assistant", "content": reading.text}] if chat else reading.text for reading in readings
    ]
    if all(rollout.token_ids is not None for rollout in rollouts):
        columns["completion_ids"] = [list(rollout.token_ids or ()) for rollout in rollouts]
    columns[gold_column] = [rollout.golds[0] for rollout in rollouts]
    return columns


def _messages(prompt: Any) -> Any:
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt


def _checked(value: Any, bounds: Bounds, name: str) -> float | None:
    if value is None:
        return None
    number = float(value)
    if not bounds[0] <= number <= bounds[1]:
        raise UsageError(
            f"kind '{name}' paid {number:g}, outside the {list(bounds)} it declares; widen `pays`"
        )
    return number
