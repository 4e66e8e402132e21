"""The watch: what a person would want to know at once while GRPO runs.

Means of the last `window` logged rows are compared with a limit, or with the means of the first `window` rows of the
stage, over all completions and, if the plan names a column (`by`), over those of each of its values. A warning gives
its numbers and the audit that explains it. The metrics are those of `rewardkit.trainers.adapter.observe` and TRL's own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from rewardkit.errors import nearest
from rewardkit.runs.log import append_row, read_rows, write_rows

from ..plan.loading import Resolved

History = Sequence[Mapping[str, Any]]
NO_ANSWER = ("outcomes/no_answer", "outcomes/none_no_answer")
ANSWERABLE = ("outcomes/correct", "outcomes/wrong", "outcomes/false_none", "outcomes/no_answer")


@dataclass(frozen=True, slots=True)
class Alarm:
    """A warning: its name, the numbers, the command that explains it, and the slice if it is about one."""

    name: str
    text: str
    audit: str
    slice: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to warn. `find` gives the numbers as a sentence, or None; `limit` is its default threshold."""

    limit: float
    audit: str
    find: Callable[[History, History, float], str | None]


def mean(rows: History, *names: str) -> float | None:
    """The mean over rows of the sum of some metrics; None if no row has them."""
    sums = [
        sum(float(row[name]) for name in names)
        for row in rows
        if all(isinstance(row.get(name), (int, float)) and not math.isnan(row[name]) for name in names)
    ]
    return sum(sums) / len(sums) if sums else None


def _reward(first: History, last: History, limit: float) -> str | None:
    reward = mean(first, "reward"), mean(last, "reward")
    right = mean(first, "outcomes/right"), mean(last, "outcomes/right")
    if None in (*reward, *right) or reward[1] - reward[0] <= limit or right[1] > right[0]:  # type: ignore[operator]
        return None
    return f"reward {_moved(*reward)} while the share of right answers went {_moved(*right)}"


def _false_none(first: History, last: History, limit: float) -> str | None:
    def rate(rows: History) -> float | None:
        none, answerable = mean(rows, "outcomes/false_none"), mean(rows, *ANSWERABLE)
        return none / answerable if none is not None and answerable else None

    return _rose("None on answerable problems", rate(first), rate(last), limit)


def _one_term(first: History, last: History, limit: float) -> str | None:
    labels = {key for row in last for key in row if key.startswith("variance/") and key != "variance/total"}
    total = mean(last, "variance/total")
    if not total or len(labels) < 2:
        return None
    shares = {label.removeprefix("variance/"): (mean(last, label) or 0.0) / total for label in labels}
    label, share = max(shares.items(), key=lambda item: item[1])
    return f"'{label}' carries {share:.0%} of the reward's variance within groups" if share > limit else None


def _over(what: str, *names: str) -> Callable[[History, History, float], str | None]:
    def find(first: History, last: History, limit: float) -> str | None:
        share = mean(last, *names)
        return f"{what}: {share:.1%}" if share is not None and share > limit else None

    return find


def _rising(what: str, *names: str) -> Callable[[History, History, float], str | None]:
    return lambda first, last, limit: _rose(what, mean(first, *names), mean(last, *names), limit)


def _longer(first: History, last: History, limit: float) -> str | None:
    before, now = mean(first, "completions/mean_length"), mean(last, "completions/mean_length")
    if before is None or now is None or now <= before * limit:
        return None
    return f"completions went from {before:.0f} to {now:.0f} tokens"


def _rose(what: str, before: float | None, now: float | None, limit: float) -> str | None:
    if before is None or now is None or now - before <= limit:
        return None
    return f"{what} {_moved(before, now)}"


def _moved(before: float | None, now: float | None) -> str:
    return f"{before:.3f} -> {now:.3f}"


ADVANTAGES = "rewardkit advantages RECIPE --rollouts FILE --column group=id"
REDTEAM = "rewardkit redteam RECIPE --rollouts FILE"

RULES: dict[str, Rule] = {
    "reward_without_correctness": Rule(0.05, ADVANTAGES, _reward),
    "false_none": Rule(0.05, "rewardkit check RECIPE", _false_none),
    "one_term": Rule(0.9, ADVANTAGES, _one_term),
    "dead_groups": Rule(
        0.5,
        "rewardkit signal --recipe RECIPE --rollouts FILE --column group=id",
        _over("groups whose completions all got the same reward", "frac_reward_zero_std"),
    ),
    "length": Rule(1.5, "rewardkit check RECIPE", _longer),
    "truncated": Rule(
        0.2,
        "rewardkit check RECIPE --max-completion-length LIMIT",
        _over("completions cut at max_completion_length", "completions/clipped_ratio"),
    ),
    "characters": Rule(0.05, REDTEAM, _rising("completions with stray characters", "text/characters")),
    "script": Rule(0.05, REDTEAM, _rising("letters of another script", "text/script")),
    "repetition": Rule(0.1, REDTEAM, _rising("repeated word 4-grams", "text/repetition")),
    "no_answer": Rule(
        0.3,
        "rewardkit explain RECIPE FILE",
        _over("completions without a readable answer", *NO_ANSWER),
    ),
    "undecided": Rule(
        0.0,
        "rewardkit verify --golds FILE",
        _over("completions whose gold is unusable", "outcomes/undecided"),
    ),
}
"""In a command, RECIPE is the stage's recipe, FILE the completions of the step, LIMIT max_completion_length."""
AT_ONCE = frozenset({"undecided"})
"""Rules that do not wait for a window of rows."""
WINDOW = 20
SHARE = re.compile(r"slices/.*/share", re.DOTALL)
NOT_RULES = ("window", "by")
"""Keys of `watch` that are not thresholds."""


def look(history: History, limits: Mapping[str, float | None], window: int = WINDOW) -> list[Alarm]:
    """The warnings that the rows justify.

    Args:
        history: the logged rows of the stage, oldest first.
        limits: rule name to its threshold, in place of the rule's own; None turns a rule off.
        window: rows per mean. Rules wait until there are that many; those that compare with the stage's first rows,
            until there are twice as many (`Watch` says so when training begins). For a slice, only rows in which it
            occurs count.
    """
    rows = [row for row in history if "reward" in row]
    shares = dict.fromkeys(key for row in rows for key in row if SHARE.fullmatch(key))
    found = _alarms(rows, limits, window, "")
    for share in shares:
        inside = [row for row in rows if row.get(share, 0.0) > 0]  # and not NaN
        found += _alarms(inside, limits, window, share.removesuffix("share"))
    return found


def _alarms(rows: History, limits: Mapping[str, float | None], window: int, prefix: str) -> list[Alarm]:
    """The warnings about all completions, or about the slice whose metrics begin with `prefix`."""
    where = prefix.removeprefix("slices/").removesuffix("/")
    found = []
    for name, rule in RULES.items():
        limit = limits.get(name, rule.limit)
        if limit is None or (len(rows) < window and name not in AT_ONCE):
            continue
        first = rows[:window] if len(rows) >= 2 * window else ()
        text = rule.find(_within(first, prefix), _within(rows[-window:], prefix), limit)
        if text is not None:
            found.append(Alarm(name, f"{where}: {text}" if where else text, rule.audit, where))
    return found


def _within(rows: History, prefix: str) -> History:
    """A slice's outcomes as shares of its own completions over all these rows; the rows unchanged without a prefix."""
    if not prefix or not rows:
        return rows
    share = sum(row[f"{prefix}share"] for row in rows) / len(rows)
    return [
        {name.removeprefix(prefix): value / share for name, value in row.items() if name.startswith(prefix)}
        for row in rows
    ]


def check_watch(resolved: Resolved) -> None:
    """Raise RecipeError for an unknown rule, or a threshold that is not a number."""
    for at, stage in enumerate(resolved.plan.stages):
        by = stage.watch.get("by")
        if by is not None and not isinstance(by, str):
            raise resolved.fault(f"`by` is the name of a column, found {by!r}", "stages", at, "watch", "by")
        for name, limit in stage.watch.items():
            if name == "by":
                continue
            if name != "window" and name not in RULES:
                raise resolved.fault(
                    f"no rule '{name}'; {nearest(name, [*RULES, *NOT_RULES])}", "stages", at, "watch", name
                )
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float))):
                raise resolved.fault(
                    f"a threshold is a number, or null to turn the rule off; found {limit!r}",
                    "stages",
                    at,
                    "watch",
                    name,
                )
        window = stage.watch.get("window")
        if window is not None and (window < 1 or window != int(window)):
            raise resolved.fault(
                f"the window is a number of logged rows, found {window!r}", "stages", at, "watch", "window"
            )
        for name in stage.stop_on:
            if name not in RULES:
                raise resolved.fault(f"no rule '{name}'; {nearest(name, RULES)}", "stages", at, "stop_on")
            if stage.watch.get(name, 0) is None:
                raise resolved.fault(
                    f"the stage stops on '{name}', which its `watch` turns off; drop one",
                    "stages",
                    at,
                    "stop_on",
                )


class Watch(TrainerCallback):
    """Reports each warning once per stage (and slice), records it, and ends the stage if asked to.

    `stopped` is the name of the warning that ended the stage. A resumed run knows what was reported before.

    Args:
        limits: the stage's `watch`.
        stop_on: the warnings that end the stage.
        path: where warnings are written; None for processes that do not write them.
        recipe: the recipe's reference, for the commands.
        completions: the folder of the tables of completions, for the commands.
        say: takes lines for a person.
        from_step: where a resumed run begins.
    """

    def __init__(
        self,
        limits: Mapping[str, Any],
        stop_on: Sequence[str],
        path: Path | None,
        recipe: str,
        completions: Path,
        say: Callable[[str], None],
        from_step: int = 0,
    ) -> None:
        self.window = int(limits.get("window") or WINDOW)
        self.limits = {name: limit for name, limit in limits.items() if name not in NOT_RULES}
        self.stop_on, self.path, self.say = tuple(stop_on), path, say
        self.recipe, self.completions = recipe, completions
        self.stopped: str | None = None
        rows = [row for row in read_rows(path) if row["step"] <= from_step] if path else []
        if path:
            write_rows(path, rows)
        self.said = {(row["warning"], row.get("slice", "")) for row in rows}

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Say from which row on silence means that nothing was found."""
        rows = sum("reward" in row for row in state.log_history)
        blind = [
            f"{what} from logged row {first} on"
            for what, first in (("limits", self.window), ("changes since the start", 2 * self.window))
            if rows < first
        ]
        if blind and self.path is not None:
            self.say(f"the watch checks {' and '.join(blind)} (watch: {{window: {self.window}}})")

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Look at the rows so far."""
        for warning in look(state.log_history, self.limits, self.window):
            if (warning.name, warning.slice) not in self.said:
                self.said.add((warning.name, warning.slice))
                if self.path is not None:
                    audit = self._command(warning.audit, state.global_step, args.max_completion_length)
                    self.say(f"step {state.global_step}: {warning.name}: {warning.text}; see {audit}")
                    row = {
                        "step": state.global_step,
                        "warning": warning.name,
                        "text": warning.text,
                        "audit": audit,
                    }
                    row |= {"slice": warning.slice} if warning.slice else {}
                    append_row(self.path, row)
            if warning.name in self.stop_on and self.stopped is None:
                self.stopped = warning.name
                control.should_training_stop = True
                control.should_save = True

    def _command(self, audit: str, step: int, limit: int) -> str:
        file = self.completions / f"completions_{step:05d}.parquet"
        return audit.replace("RECIPE", self.recipe).replace("FILE", str(file)).replace("LIMIT", str(limit))
