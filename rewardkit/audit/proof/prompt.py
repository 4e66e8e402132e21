"""Whether prompt and reward are tuned to each other: the prompt's own example, and a prefilled reasoning.

A system prompt shows by an example how a completion should look; the format terms must pay for exactly
that. A chat template that has written the opening tag already leaves the model unable to write it: a
format term that demands it pays nobody, ever.
"""

from __future__ import annotations

from dataclasses import replace

import regex

from ...formatting import num
from ...recipe.recipe import Recipe
from ...terms.base import Term
from ...types import Outcome, Rollout
from ..findings import Finding, Severity, witnessed
from ..space import cells_of
from ..witness.templates import Template


def prompt_finding(recipe: Recipe) -> list[Finding]:
    """Whether the example in the system prompt is paid in full by every term of shape."""
    example = example_of(recipe)
    shapes = [(label, term) for label, term in recipe.reward.items() if term.looks_at == {"layout"}]
    if example is None or not shapes:
        return []
    problem = recipe.answer.verify.problem()
    rollout = Rollout(
        completion=example, gold=problem.gold, fields=problem.fields, tokens=100, token_ids=tuple(range(100))
    )
    [reading] = recipe.read([rollout])
    found: list[Finding] = []
    for label, term in shapes:
        [payment] = term.pay_group([reading])
        full = _full(term)
        if payment.value is not None and payment.value < full - 1e-9:
            shown = example.replace("\n", "\\n")
            found.append(
                Finding(
                    code="prompt_example",
                    severity=Severity.ERROR,
                    term=f"reward.{label}",
                    sentence=f"'{label}' pays the system prompt's own example {num(payment.value)}, where {num(full)} is "
                    f"possible ({payment.note}): {shown}",
                    advice="show in the prompt what the term pays for, or let the term accept what the prompt shows",
                    facts={"paid": payment.value, "full": full, "example": example},
                )
            )
    return found


def example_of(recipe: Recipe) -> str | None:
    """The last filled block of tags in the system prompt, from its first tag to the last closing one."""
    if not recipe.system_prompt:
        return None
    tags = recipe.answer.reasoning
    opened, closed = (tags.open, tags.close) if tags else ("<think>", "</think>")
    first, last = regex.escape(opened), regex.escape(closed)
    marks = [("<answer>", "</answer>"), *(tier.marks() for tier in recipe.answer.extract)]
    answers = "|".join(
        f"{regex.escape(before)}.*?{regex.escape(after)}" for before, after in marks if before and after
    )
    block = regex.compile(
        rf"{first}(?:(?!{first}).)*?\w(?:(?!{first}).)*?{last}\s*(?:{answers})?", regex.DOTALL
    )
    blocks = [match.group() for match in block.finditer(recipe.system_prompt)]
    return blocks[-1] if blocks else None


def _full(term: Term) -> float:
    return max(term.pays(cell).hi for cell in cells_of(term.axes(), Outcome.CORRECT, False))


def prefill_finding(recipe: Recipe, template: Template, prefilled: bool | None) -> list[Finding]:
    """Whether the recipe and the chat template agree on who opens the reasoning."""
    tags = recipe.answer.reasoning
    if prefilled is None or tags is None or prefilled == tags.prefilled:
        return []
    if not prefilled:
        text = "the recipe says that the prompt opens the reasoning, and the chat template does not"
        return [_prefill(text, "answer.reasoning.prefilled=false")]
    rollout = template.reference.reading.rollout
    body = rollout.completion.removeprefix(tags.open)
    if body == rollout.completion:
        body = f"I add it up.\n{tags.close}\n{rollout.completion}"
    [score] = recipe.score([replace(rollout, completion=body)])
    lost = [
        label
        for label, value in score.values.items()
        if (value or 0.0) < (template.reference.values[label] or 0.0) - 1e-9
    ]
    if not lost and score.outcome.right:
        return []
    text = (
        f"the chat template opens {tags.open}, so a completion never does, and an honest one is paid "
        f"{num(score.total)} instead of {num(template.reference.total)} (lost: {', '.join(lost) or score.outcome})"
    )
    found = _prefill(text, "answer.reasoning.prefilled=true")
    return [replace(found, witness=witnessed([score]))]


def _prefill(text: str, setting: str) -> Finding:
    return Finding(
        code="prefill",
        severity=Severity.ERROR,
        sentence=f"{text[0].upper()}{text[1:]}.",
        fix=(setting,),
    )
