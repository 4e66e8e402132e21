"""The TRL adapter: what it pays, what it reports, what it refuses."""

import os
import pickle
from types import SimpleNamespace

import pytest

from rewardkit import load_recipe
from rewardkit.config.source import from_plain
from rewardkit.errors import DataError, MissingFact, Place, RewardkitError, UsageError
from rewardkit.recipe.loading import build
from rewardkit.trainers.trl import reward_functions

EOS, PAD = 2, 0
TOKENIZER = SimpleNamespace(eos_token_id=EOS, pad_token_id=PAD, chat_template=None)


def args(**changes):
    values = {
        "num_generations": 2,
        "num_generations_eval": None,
        "max_completion_length": 40,
        "per_device_train_batch_size": 4,
        "per_device_eval_batch_size": 8,
        "steps_per_generation": 1,
        "world_size": 1,
        "eval_strategy": "no",
        "generation_kwargs": None,
        "chat_template_kwargs": None,
    }
    return SimpleNamespace(**(values | changes))


def recipe(reward, **more):
    tree = {
        "recipe": "mine",
        "version": 0,
        "answer": {"extract": ["answer_tag"], "none": ["None"], "verify": "exact"},
    }
    return build(from_plain({**tree, "reward": reward, **more}, Place("test")))


def message(text):
    return [{"role": "assistant", "content": text}]


def ids(n, ended=True):
    return [5] * n + ([EOS] if ended else [])


RIGHT, WRONG, NONE, NOTHING = (
    "<answer>7</answer>",
    "<answer>8</answer>",
    "<answer>None</answer>",
    "seven",
)


class Log:
    """What a trainer would have been told."""

    def __init__(self):
        self.metrics, self.columns = {}, {}

    def keywords(self):
        return {"log_metric": self.metrics.__setitem__, "log_extra": self.columns.__setitem__}


# playground-none: correct 1, wrong -0.1, none correct 1, missed -0.5; -0.2 outside 10 to 32 tokens; v1: false None -0.8
@pytest.mark.parametrize(
    ("completion", "gold", "tokens", "v0", "v1"),
    [
        (RIGHT, "7", 12, 1.0, 1.0),
        (RIGHT, "7", 9, 0.8, 0.8),
        (RIGHT, "7", 33, 0.8, 0.8),
        (WRONG, "7", 12, -0.1, -0.1),
        (NOTHING, "7", 12, -0.1, -0.1),
        (NONE, "7", 12, -0.1, -0.8),
        (NONE, "None", 12, 1.0, 1.0),
        (WRONG, None, 12, -0.5, -0.5),
        (NOTHING, "None", 5, -0.7, -0.7),
    ],
)
def test_payments(completion, gold, tokens, v0, v1):
    for version, wanted in enumerate((v0, v1)):
        [function] = reward_functions(f"playground-none@{version}", args(), TOKENIZER)
        for given in (completion, message(completion)):
            [paid] = function(completions=[given], completion_ids=[ids(tokens)], gold=[gold], prompts=["?"])
            assert paid == pytest.approx(wanted)


def test_one_callable_with_the_recipes_name_that_pickles_and_compares():
    [function] = reward_functions("playground-none@1", args(), TOKENIZER)
    assert function.__name__ == "playground-none"
    again = pickle.loads(pickle.dumps(function))
    assert again == function
    assert hash(again) == hash(function)
    assert again(completions=[RIGHT], completion_ids=[ids(12)], gold=["7"]) == [1.0]
    with pytest.raises(AttributeError):
        function.scorer = None


def test_unknown_keywords_trainer_state_and_missing_loggers_are_tolerated():
    [function] = reward_functions("playground-none@0", args(), TOKENIZER)
    paid = function(
        prompts=["?"],
        completions=[RIGHT],
        completion_ids=[ids(12)],
        gold=["7"],
        trainer_state=object(),
        environments=[1],
        new=3,
    )
    assert paid == [1.0]


def test_golds_are_mapped_and_extracted():
    [function] = reward_functions(
        "playground-none@0", args(), TOKENIZER, gold="solution", gold_extract="hash"
    )
    assert function(completions=[RIGHT], completion_ids=[ids(12)], solution=["3 + 4\n#### 7"]) == [1.0]
    several = reward_functions("playground-none@0", args(), TOKENIZER)[0]
    assert several(completions=[RIGHT], completion_ids=[ids(12)], answer=[["6", "7"]]) == [1.0]


def test_what_a_server_took_apart_is_put_together():
    [function] = reward_functions("playground-none@0", args(), TOKENIZER)
    parsed = [{"role": "assistant", "reasoning_content": "3 + 4 = 7", "content": RIGHT}]
    assert function(completions=[parsed], completion_ids=[ids(12)], gold=["7"]) == [1.0]


def test_none_is_paid_as_none():
    only_values = recipe(
        {"correctness": {"correct": 1.0, "wrong": 0.0, "no_answer": None, "false_none": None}}
    )
    [function] = reward_functions(only_values)
    assert function(completions=[RIGHT, NOTHING, NONE], gold=["7"] * 3) == [1.0, None, None]


def test_an_unusable_gold_gets_no_reward_and_is_counted():
    [function] = reward_functions(load_recipe("countdown@1"))
    log = Log()
    paid = function(
        completions=["<answer>3+4</answer>"] * 2, gold=["7", "seven"], nums=[[3, 4]] * 2, **log.keywords()
    )
    assert paid == [1.0, None]
    assert log.metrics["outcomes/undecided"] == 0.5
    assert log.columns["outcome"] == ["correct", "undecided"]


# --- what it reports -----------------------------------------------------------------------------


def test_metrics_and_columns_by_hand():
    [function] = reward_functions("playground-none@1", args(), TOKENIZER)
    log = Log()
    paid = function(
        completions=[RIGHT, WRONG, NONE, NOTHING],
        completion_ids=[ids(12), ids(12), ids(12), ids(8)],
        gold=["7"] * 4,
        id=["a", "a", "b", "b"],
        **log.keywords(),
    )
    assert paid == pytest.approx([1.0, -0.1, -0.8, -0.3])
    metrics = log.metrics
    assert metrics["outcomes/correct"] == metrics["outcomes/wrong"] == metrics["outcomes/false_none"] == 0.25
    assert metrics["outcomes/right"] == 0.25
    assert metrics["terms/correctness"] == pytest.approx((1.0 - 0.1 + 0.0 - 0.1) / 4)
    assert metrics["terms/none/applies"] == 0.0
    # two groups of two: (1.1^2)/2 and (0.5^2)/2
    assert metrics["variance/total"] == pytest.approx((1.1**2 / 2 + 0.5**2 / 2) / 2)
    labels = [name for name in metrics if name.startswith("variance/") and name != "variance/total"]
    assert sum(metrics[name] for name in labels) == pytest.approx(metrics["variance/total"])
    assert log.columns["prediction"] == ["7", "8", "None", None]
    assert log.columns["outcome"] == ["correct", "wrong", "false_none", "no_answer"]
    assert log.columns["terms/too_short"] == [0.0, 0.0, 0.0, -0.2]
    assert log.columns["id"] == ["a", "a", "b", "b"]
    assert log.columns["explanation"][3].startswith("correctness -0.1")


def test_keys_do_not_depend_on_the_batch():
    [function] = reward_functions("playground-none@1", args(), TOKENIZER)
    keys = []
    for completion, gold in ((RIGHT, "7"), (NOTHING, None), ("<answer>丙</answer> 水水", "7")):
        log = Log()
        function(completions=[completion] * 2, completion_ids=[ids(3)] * 2, gold=[gold] * 2, **log.keywords())
        keys.append((set(log.metrics), set(log.columns)))
        assert all(isinstance(value, (int, float)) and value == value for value in log.metrics.values())
    assert keys[0] == keys[1] == keys[2]


# --- token counts and truncation -----------------------------------------------------------------


def test_tokens_are_counted_without_the_end_and_cutting_is_seen():
    [function] = reward_functions("playground-none@0", args(max_completion_length=12), TOKENIZER)
    log = Log()
    function(
        completions=[RIGHT] * 4,
        completion_ids=[ids(10), ids(12, ended=False), ids(7, ended=False), [5, 5, PAD]],
        gold=["7"] * 4,
        **log.keywords(),
    )
    assert log.columns["tokens"] == [10, 12, 7, 2]
    assert log.columns["finish"] == ["stop", "length", "stop", "stop"]  # 7: a stop string, not a limit


# --- refusals ------------------------------------------------------------------------------------

CUT = {
    "correctness": {
        "correct": 1.0,
        "wrong": 0.0,
        "no_answer": 0.0,
        "false_none": 0.0,
        "when": "not truncated",
    }
}
GROUPED = {"kimi_length": {}}


@pytest.mark.parametrize(
    ("made", "given", "says"),
    [
        (lambda: "playground-none@0", {}, "needs `tokenizer`"),
        (lambda: "playground-none@0", {"args": args()}, "end-of-sequence"),
        (lambda: recipe(CUT), {"tokenizer": TOKENIZER}, "truncated"),
        (lambda: "open-r1-stack@2", {"tokenizer": TOKENIZER}, "num_generations"),
    ],
)
def test_what_is_needed_is_said_at_once(made, given, says):
    with pytest.raises(UsageError, match=says):
        reward_functions(made(), **given)


def test_groups_that_would_be_split_are_refused_with_numbers_that_would_do():
    split = args(num_generations=6, per_device_train_batch_size=4, steps_per_generation=3, world_size=2)
    assert reward_functions("open-r1-stack@2", split, TOKENIZER)  # 12 is two groups of 6
    split.steps_per_generation = 1
    with pytest.raises(UsageError) as refused:
        reward_functions("open-r1-stack@2", split, TOKENIZER)
    text = str(refused.value)
    assert "per_device_train_batch_size to a multiple of 6" in text
    assert "steps_per_generation to a multiple of 3" in text
    assert "num_generations to a divisor of 4" in text
    assert reward_functions("playground-none@0", split, TOKENIZER)  # no term reads groups: nothing to refuse


def test_the_asynchronous_trainer_scores_whole_groups_whatever_its_batch():
    pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    from trl.experimental.async_grpo import AsyncGRPOConfig

    config = AsyncGRPOConfig(
        output_dir="unused", num_generations=4, per_device_train_batch_size=2, max_completion_length=40,
        use_cpu=True, bf16=False,
    )  # fmt: skip
    [rewards] = pickle.loads(pickle.dumps(reward_functions("open-r1-stack@2", config, TOKENIZER)))
    paid = rewards(completions=[RIGHT] * 4, prompts=["?"] * 4, completion_ids=[ids(12)] * 4, gold=["7"] * 4)
    assert len(set(paid)) == 1
    assert paid[0] > 1


def test_group_terms_see_whole_groups_and_refuse_parts():
    [function] = reward_functions("open-r1-stack@2", args(num_generations=2), TOKENIZER)
    log = Log()
    short, long = "<answer>7</answer>", "well, " * 9 + "<answer>7</answer>"
    function(
        prompts=["a", "a", "b", "b"],
        completions=[short, long, long, short],
        completion_ids=[ids(3), ids(9), ids(9), ids(3)],
        gold=["7"] * 4,
        **log.keywords(),
    )
    # the shortest of a group gets 0.5, the longest -0.5
    assert log.columns["terms/kimi_length"] == [0.5, -0.5, -0.5, 0.5]
    with pytest.raises(MissingFact, match="whole groups of 2"):
        function(
            prompts=["a", "b", "b", "c"], completions=[short] * 4, completion_ids=[ids(3)] * 4, gold=["7"] * 4
        )


def test_a_missing_gold_column_names_what_there_is():
    [function] = reward_functions("playground-none@0", args(), TOKENIZER, gold="golden")
    with pytest.raises(DataError, match=r"no gold column 'golden'; it has level.*gold='COLUMN'"):
        function(completions=[RIGHT], completion_ids=[ids(12)], level=["easy"])


def test_a_null_gold_is_an_error_where_the_recipe_does_not_allow_it():
    strict = recipe({"correctness": {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}})
    [function] = reward_functions(strict)
    with pytest.raises(DataError, match="null_gold: unanswerable"):
        function(completions=[RIGHT], gold=[None])


def test_a_template_that_opens_the_reasoning_must_be_known_to_the_recipe():
    class Prefilling:
        eos_token_id, pad_token_id, chat_template = EOS, PAD, "x"

        def apply_chat_template(self, messages, tokenize, add_generation_prompt):
            return "user: ?" + ("assistant: <think>\n" if add_generation_prompt else "")

    asked = {"prompts": [[{"role": "user", "content": "?"}]], "completions": [message("x</think>" + RIGHT)]}
    rest = {"completion_ids": [ids(12)], "gold": ["7"]}
    with pytest.raises(UsageError, match=r"answer\.reasoning\.prefilled=true"):
        reward_functions("playground-none@0", args(), Prefilling())[0](**asked, **rest)
    told = reward_functions(
        "playground-none@0", args(), Prefilling(), settings=["answer.reasoning.prefilled=true"]
    )
    assert told[0](**asked, **rest) == [1.0]


def test_an_error_in_a_term_says_which_recipe():
    [function] = reward_functions(load_recipe("countdown@1"))
    with pytest.raises(RewardkitError) as raised:
        function(completions=[RIGHT], gold=[None])
    assert any("countdown@1 scored a batch of 1" in note for note in raised.value.__notes__)


# --- one function a term -------------------------------------------------------------------------


def test_split_pays_each_term_and_sums_to_the_total():
    rewards = reward_functions("playground-none@1", args(), TOKENIZER, split=True)
    assert [one.__name__ for one in rewards][:2] == ["playground-none.correctness", "playground-none.none"]
    completions, counts = [RIGHT, NONE, NOTHING], [ids(12), ids(12), ids(5)]
    log = Log()
    columns = [
        one(completions=completions, completion_ids=counts, gold=["7"] * 3, **log.keywords())
        for one in rewards
    ]
    totals = [
        sum(weight * paid for weight, paid in zip(rewards.weights, row, strict=True) if paid is not None)
        for row in zip(*columns, strict=True)
    ]
    assert totals == pytest.approx([1.0, -0.8, -0.3])


def test_split_scores_a_batch_once():
    calls = []

    def count(name, value):
        calls.append(name)

    rewards = reward_functions("playground-none@1", args(), TOKENIZER, split=True)
    completions = [RIGHT]
    for one in pickle.loads(pickle.dumps(rewards)):
        one(completions=completions, completion_ids=[ids(12)], gold=["7"], log_metric=count)
    assert calls.count("outcomes/correct") == 1


def test_split_takes_weights_out_and_refuses_a_clipped_total():
    table = {"correct": 1.0, "wrong": 0.0, "no_answer": 0.0, "false_none": 0.0}
    weighed = recipe({"correctness": {**table, "weight": 2.0}})
    rewards = reward_functions(weighed, split=True)
    assert rewards.weights == [2.0]
    assert rewards[0](completions=[RIGHT], gold=["7"]) == [1.0]
    with pytest.raises(UsageError, match="clips its total"):
        reward_functions(recipe({"correctness": table}, clip=[-1, 1]), split=True)
