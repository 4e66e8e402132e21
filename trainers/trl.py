"""A recipe as TRL reward functions, for your own training script.

    args = GRPOConfig(...)
    rewards = reward_functions("math-none@2", args, tokenizer)
    trainer = GRPOTrainer(model, reward_funcs=rewards, args=args, processing_class=tokenizer, train_dataset=data)

The list holds one frozen, picklable callable, because a recipe's tables and clips are not linear. With `split=True`
there is one callable per term, and `rewards.weights` for `reward_weights`, as
`multi_objective_aggregation: normalize_then_sum` needs. Each batch is read and scored once. A payment of None
is passed on as None: TRL then leaves the completion out of its group's baseline. Arguments that some versions of
TRL do not pass (`log_extra`, `log_metric`, `trainer_state`) are not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewardkit.errors import DataError, MissingFact, UsageError
from rewardkit.recipe.loading import load_recipe
from rewardkit.recipe.recipe import Recipe
from rewardkit.rows import Columns, GoldReader
from rewardkit.rows.values import RowFault, as_list, prompt, said
from rewardkit.types import Finish, Rollout, Score

from .adapter.configured import warn_lacking, watch_first
from .adapter.fit import check_fit
from .adapter.observe import Log, Slices
from .adapter.observe import columns as observed_columns
from .adapter.observe import metrics as observed_metrics

NOT_COLUMNS = frozenset({"prompts", "completions", "completion_ids", "trainer_state", "environments"})


class Rewards(list[Callable[..., Any]]):
    """What `reward_funcs` takes; `weights` is what `reward_weights` should be (all 1 for one callable)."""

    def __init__(self, functions: Iterable[Callable[..., Any]], weights: Iterable[float]) -> None:
        super().__init__(functions)
        self.weights = list(weights)


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Scores the batches of a trainer.

    `ends` are the ids that end a sequence, `limit` the most tokens a completion may have, `group_size` the number
    of completions per prompt; each None if not known. `prefills` is the text with which the chat template opens
    the model's turn.
    """

    recipe: Recipe
    gold: str | None = None
    golds: GoldReader = field(default_factory=GoldReader, compare=False)
    columns: tuple[tuple[str, str], ...] = ()
    ends: frozenset[int] | None = None
    limit: int | None = None
    group_size: int | None = None
    prefills: str = ""
    log: Log = "all"
    slices: Slices | None = None
    _last: list[tuple[Any, list[Score]]] = field(default_factory=list, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_last": []}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def score(
        self,
        prompts: Sequence[Any] | None,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None,
        columns: Mapping[str, Sequence[Any]],
    ) -> tuple[list[Score], bool]:
        """The scores of a batch, and whether it is a new one: the same lists are scored once."""
        for seen, scores in self._last:  # read once: other threads score other batches
            if seen is completions:
                return scores, False
        rollouts = self.rollouts(prompts, completions, completion_ids, columns)
        warn_lacking(self.recipe, rollouts)
        try:
            scores = self.recipe.score(rollouts)
        except Exception as error:
            error.add_note(f"while {self.recipe.ref} scored a batch of {len(rollouts)} completions")
            raise
        watch_first(self.recipe, scores)
        self._last[:] = [(completions, scores)]
        return scores, True

    def rollouts(
        self,
        prompts: Sequence[Any] | None,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None,
        columns: Mapping[str, Sequence[Any]],
    ) -> list[Rollout]:
        """One rollout per completion.

        Raises:
            DataError: a gold is missing, or a row is not valid.
            MissingFact: this process's slice splits a group that a term must see whole.
        """
        n = len(completions)
        for name, values in columns.items():
            if len(values) != n:
                raise DataError(f"column '{name}' has {len(values)} values for {n} completions")
        self._whole_groups(prompts, n)
        self._not_prefilled(prompts)
        chosen = self._choose(columns)
        column = chosen["gold"]
        self.golds.look(columns[dict(self.columns).get(column, column)], column)
        made = []
        for at in range(n):
            fields = {name: values[at] for name, values in columns.items()}
            fields.update({new: fields[old] for new, old in self.columns})
            ids = completion_ids[at] if completion_ids is not None else None
            try:
                text = said(completions[at])
                rollout = Rollout(
                    completion=text.text,
                    reasoning=text.reasoning,
                    gold=self.golds.read(fields[column]),
                    prompt=prompt(prompts[at]) if prompts is not None else "",
                    id=str(fields.get(chosen.get("id", ""), "")),
                    group=str(at // self.group_size) if self.group_size else "",
                    sample=at % self.group_size if self.group_size else 0,
                    fields=fields,
                    **self._counted(ids),
                )
            except RowFault as fault:
                raise DataError(f"completion {at + 1} of the batch: {fault}") from fault
            made.append(rollout)
        return made

    def _choose(self, columns: Mapping[str, Sequence[Any]]) -> Mapping[str, str]:
        names = [*columns, *(new for new, _ in self.columns)]
        for new, old in self.columns:
            if old not in columns:
                raise DataError(
                    f"no column '{old}' for '{new}'; the data set has {', '.join(columns) or 'none'}"
                )
        try:
            return Columns(gold=self.gold).choose(names, required=("gold",)).columns
        except UsageError:
            wanted = f"'{self.gold}'" if self.gold else "gold, answer, solution .."
            raise DataError(
                f"the data set has no gold column {wanted}; it has {', '.join(names) or 'only prompts'}; "
                "name it: reward_functions(..., gold='COLUMN')"
            ) from None

    def _counted(self, ids: Sequence[int] | None) -> dict[str, Any]:
        if ids is None or self.ends is None:
            return {}
        ended = len(ids) > 0 and int(ids[-1]) in self.ends
        kept = tuple(int(one) for one in (ids[:-1] if ended else ids))
        finish = Finish.STOP if ended else Finish.UNKNOWN
        if not ended and self.limit is not None:
            finish = Finish.LENGTH if len(ids) >= self.limit else Finish.STOP
        return {"tokens": len(kept), "token_ids": kept, "finish": finish}

    def _whole_groups(self, prompts: Sequence[Any] | None, n: int) -> None:
        if not self.recipe.reads_groups:
            return
        size = self.group_size or 0
        whole = n % size == 0 and (
            prompts is None or all(prompts[at] == prompts[at - at % size] for at in range(n))
        )
        if not whole:
            raise MissingFact(
                f"{self.recipe.ref} compares the {size} completions of a prompt, and this process was given "
                f"{n} completions that are not whole groups of {size}; make per_device_train_batch_size x "
                f"steps_per_generation a multiple of num_generations ({size})"
            )

    def _not_prefilled(self, prompts: Sequence[Any] | None) -> None:
        tags = self.recipe.answer.reasoning
        if tags is None or tags.prefilled or not prompts or isinstance(prompts[0], str):
            return
        if self.prefills.rfind(tags.open) > self.prefills.rfind(tags.close):
            raise UsageError(
                f"the chat template opens the model's turn with {tags.open}, so completions begin inside the "
                f"reasoning, and {self.recipe.ref} does not expect that: set answer.reasoning.prefilled=true"
            )


def _log(
    scorer: Scorer,
    scores: Sequence[Score],
    log_metric: Callable[[str, float], None] | None,
    log_extra: Callable[[str, list[Any]], None] | None,
) -> None:
    if log_metric is not None:
        made = observed_metrics(scorer.recipe, scores, scorer.group_size, scorer.log, scorer.slices)
        for name, value in made.items():
            log_metric(name, value)
    if log_extra is not None:
        for name, column in observed_columns(scorer.recipe, scores).items():
            log_extra(name, column)


@dataclass(frozen=True)
class RecipeReward:
    """A TRL reward function: a recipe's total, or the term `label` alone, before its weight if `raw`."""

    scorer: Scorer
    label: str | None = None
    raw: bool = False

    @property
    def __name__(self) -> str:
        name = self.scorer.recipe.name
        return name if self.label is None else f"{name}.{self.label}"

    def __call__(
        self,
        completions: Sequence[Any],
        prompts: Sequence[Any] | None = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """One payment per completion, None where no term applies."""
        scores, new = self.scorer.score(prompts, completions, completion_ids, _columns(columns))
        if new:
            _log(self.scorer, scores, log_metric, log_extra)
        if self.label is None:
            return [score.total for score in scores]
        at = list(self.scorer.recipe.reward).index(self.label)
        return [score.terms[at].raw if self.raw else score.terms[at].value for score in scores]


def _columns(given: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """The data set's columns among the keywords: those that are lists and not the trainer's own."""
    return {
        name: held
        for name, values in given.items()
        if name not in NOT_COLUMNS and (held := as_list(values)) is not None
    }


def reward_functions(
    recipe: Recipe | str | Path,
    args: Any = None,
    tokenizer: Any = None,
    *,
    split: bool = False,
    gold: str | None = None,
    gold_extract: str | Mapping[str, Any] | GoldReader | None = None,
    columns: Mapping[str, str] | None = None,
    settings: Sequence[str] = (),
    log: Log = "all",
    slices: Slices | None = None,
) -> Rewards:
    """Reward functions for TRL's trainers.

    Args:
        recipe: a recipe, `name@version`, or a path.
        args: the `GRPOConfig` in use: gives the group size, the completion limit and the batch. Needed by
            terms that compare a prompt's completions and by `truncated`.
        tokenizer: gives the ids that end a sequence. Needed to count tokens.
        split: one callable per term instead of one for the total.
        gold: the gold's column; by default looked for under its usual names (gold, answer, solution ..).
        gold_extract: the extractor that finds the gold inside its column, as `hash` for GSM8K, or a reader of golds.
        columns: new names for columns, `{new: old}`, for verifiers and terms that read fields.
        settings: `path=value` assignments that derive a variant of the recipe.
        log: `all` metrics, or `totals`: without those of terms, routes and the verifier.
        slices: a column by whose values the outcomes are logged too.

    Raises:
        UsageError: something that the recipe needs is not given, a group would be split between processes, or
            `split` is asked for and the recipe's total is not the plain sum of its terms.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, settings)
    elif settings:
        raise UsageError("settings derive a variant of a recipe that is loaded here; give its name or path")
    check_fit(recipe, args, tokenizer)
    scorer = Scorer(
        recipe=recipe,
        gold=gold,
        golds=gold_extract
        if isinstance(gold_extract, GoldReader)
        else GoldReader(gold_extract, judges=[recipe.answer]),
        columns=tuple((columns or {}).items()),
        ends=_ends(args, tokenizer),
        limit=getattr(args, "max_completion_length", None),
        group_size=getattr(args, "num_generations", None),
        prefills=_prefills(args, tokenizer),
        log=log,
        slices=slices,
    )
    if not split:
        return Rewards([RecipeReward(scorer)], [1.0])
    if recipe.clip is not None:
        raise UsageError(
            f"{recipe.ref} clips its total to {list(recipe.clip)}, so it is not the sum of its terms and cannot be "
            "split; leave split out, or remove the recipe's clip"
        )
    plain = {label: term.clip is None for label, term in recipe.reward.items()}
    return Rewards(
        [RecipeReward(scorer, label, raw) for label, raw in plain.items()],
        [term.weight if plain[label] else 1.0 for label, term in recipe.reward.items()],
    )


def _ends(args: Any, tokenizer: Any) -> frozenset[int] | None:
    if tokenizer is None:
        return None
    inner = getattr(tokenizer, "tokenizer", tokenizer)  # a processor holds one
    ids = {inner.eos_token_id, inner.pad_token_id}
    extra = getattr(args, "generation_kwargs", None)
    more = extra.get("eos_token_id", ()) if isinstance(extra, Mapping) else ()
    ids.update([more] if isinstance(more, int) else more)
    found = frozenset(int(one) for one in ids if one is not None)
    if not found:
        raise UsageError("the tokenizer has no end-of-sequence token; set tokenizer.eos_token")
    return found


def _prefills(args: Any, tokenizer: Any) -> str:
    """What the chat template writes at the start of the model's turn."""
    if getattr(tokenizer, "chat_template", None) is None:
        return ""
    extra = getattr(args, "chat_template_kwargs", None)
    extra = dict(extra) if isinstance(extra, Mapping) else {}
    question = [{"role": "user", "content": "?"}]
    bare = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=False, **extra)
    full = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True, **extra)
    return full[len(bare) :] if full.startswith(bare) else full
