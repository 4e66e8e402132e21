"""The same recipe in verl and verifiers; `test_openrlhf.py` has OpenRLHF.

Each is run as installed, in its own environment (`.venv-verl`, `.venv-verifiers` for 0.1 and
`.venv-verifiers-v1` for 0.4), by the program `with_verl.py` and those below. Over HTTP:
`test_serve.py`.
"""

import json
from pathlib import Path

import pytest

from rewardkit.errors import DataError, UsageError
from rewardkit.rows import GoldReader
from rewardkit.trainers import verl
from rewardkit.trainers.adapter import configured as environment

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


# --- what a reward file is told ------------------------------------------------------------------


def test_arguments_go_before_the_environment(named):
    named("countdown@1")
    assert environment.configured().recipe.ref == "countdown@1"
    assert environment.configured("r1-triplet@1", tokenizer="x").recipe.ref == "r1-triplet@1"
    clipped = environment.configured(settings=["reward.countdown.weight=0.5"]).recipe
    assert clipped.ref == "countdown@1 with reward.countdown.weight=0.5"


@pytest.mark.parametrize(
    ("label", "gold", "fields"),
    [
        ("7", "7", {}),
        (7.0, "7", {}),
        (None, None, {}),
        (float("nan"), None, {}),
        (["6", "7"], ("6", "7"), {}),
        ({"gold": "36", "nums": [79, 60]}, "36", {"nums": [79, 60]}),
        ('{"gold": "36", "nums": [79, 60]}', "36", {"nums": [79, 60]}),
        ('{"gold": null}', None, {}),
        ("{1, 2}", "{1, 2}", {}),
        ('{"gold"', '{"gold"', {}),
    ],
)
def test_a_label_may_bring_columns(label, gold, fields):
    cell, others = environment.label_of(label)
    assert (environment.golds_of([cell], GoldReader()), others) == ([gold], fields)


@pytest.mark.parametrize(
    ("label", "why"),
    [("", "--data.label_key"), ({"nums": [1]}, "must have the key 'gold'"), ([], "list of golds is empty")],
)
def test_a_label_without_a_gold_is_refused(label, why):
    with pytest.raises(DataError, match=why):
        environment.golds_of([environment.label_of(label)[0]], GoldReader())


# --- verl ----------------------------------------------------------------------------------------


def test_verl_one_completion(named):
    named("countdown@1")
    found = verl.compute_score("x", "<answer>(3 + 4) * 2</answer>", "14", {"nums": [2, 3, 4]})
    assert found["score"] == found["terms/countdown"] == found["acc"] == found["outcomes/correct"] == 1.0
    assert found["no_reward"] == 0.0
    found = verl.compute_score("x", "seven", "14", {"nums": [2, 3, 4]})
    assert (found["score"], found["outcomes/no_answer"]) == (0.0, 1.0)
    found = verl.compute_score("x", "<answer>7</answer>", "no number", {"nums": [2, 3, 4]})
    assert (found["score"], found["no_reward"]) == (0.0, 1.0)


def test_verl_says_what_it_cannot_be_asked_for(named, tmp_path):
    with pytest.raises(UsageError, match="REWARDKIT_RECIPE"):
        verl.compute_score("x", "7", "7")
    named("playground-none@0")
    with pytest.raises(UsageError, match="REWARDKIT_TOKENIZER"):  # a count in the row is not the completion's
        verl.compute_score("x", "<answer>7</answer>", "7", {"tokens": 12})
    with pytest.raises(UsageError, match="did you mean 'settings'"):
        verl.compute_score("x", "7", "7", recipe="countdown@1", setings=["a=1"])
    with pytest.raises(UsageError, match=r"kimi_length.*one at a time"):
        verl.compute_score("x", "<answer>7</answer>", "7", recipe="open-r1-stack@2")
    cut = tmp_path / "cut.yaml"
    cut.write_text(
        "recipe: cut\nversion: 0\nanswer: {extract: [answer_tag], verify: exact}\n"
        "reward: {constant: {value: -1.0, when: truncated}}\n"
    )
    with pytest.raises(UsageError, match="truncated"):
        verl.compute_score("x", "<answer>7</answer>", "7", recipe=str(cut))
    with pytest.raises(DataError, match="list of golds is empty"):
        verl.compute_score("x", "7", [], recipe="countdown@1")


def test_verl_a_batch_with_groups_that_stand_apart():
    short, long = "<answer>7</answer>", "well " * 9 + "<answer>7</answer>"
    found = verl.compute_scores(
        ["x"] * 4,
        [short, short, long, long],
        ["7"] * 4,
        [{"index": n} for n in (1, 2, 1, 2)],
        recipe="open-r1-stack@2",
    )
    assert [one["terms/kimi_length"] for one in found] == [0.5, 0.5, -0.5, -0.5]


SUMS = [
    ["<answer>7</answer>", "7", {"index": 1, "tokens": 9999}],
    ["<answer>None</answer>", "7", {"index": 1}],
    ["<answer>8</answer>", None, {}],
    ["well", "7", {"index": 2}],
]
PAID = [0.8, -1.0, -0.7, -0.3]  # each -0.2 for being short; right, false None, None missed, no answer


@pytest.mark.verl
def test_verls_managers_by_the_package_path(tiny, run_in):
    managers = [
        "loop:naive",
        "loop:dapo",
        "loop:gdpo",
        "loop:rate_limited",
        "old:naive",
        "old:batch",
        "old:dapo",
    ]
    found = run_in(
        ".venv-verl",
        *(HERE / "with_verl.py", "pkg://rewardkit.trainers.verl", tiny, "playground-none@1", *managers),
        told=json.dumps(SUMS),
    )
    for manager in managers:
        assert [one["score"] for one in found[manager]] == pytest.approx(PAID), manager
        assert [one["extra"]["outcomes/false_none"] for one in found[manager]] == [0.0, 1.0, 0.0, 0.0], (
            manager
        )


@pytest.mark.verl
@pytest.mark.ray
@pytest.mark.slow
def test_verls_reward_loop_under_ray_by_the_files_path(tiny, run_in):
    cases = [
        ["<answer>(3+4)*2</answer>", "14", {"nums": [2, 3, 4]}],
        ["<answer>14</answer>", "14", {"nums": [2, 3, 4]}],
        ["<answer>14</answer>", "no number", {"nums": [2, 3, 4]}],
    ]
    found = run_in(
        ".venv-verl",
        *(
            HERE / "with_verl.py",
            ROOT / "trainers" / "verl.py",
            tiny,
            "countdown@1",
            "ray:remote",
        ),
        told=json.dumps(cases),
    )
    assert [one["score"] for one in found["ray:remote"]] == pytest.approx([1.0, 0.1, 0.0])
    assert [one["extra"]["no_reward"] for one in found["ray:remote"]] == [0.0, 0.0, 1.0]


@pytest.mark.verl
def test_verl_refuses_what_compares_completions_and_its_old_batch_manager_serves_it(tiny, run_in):
    short, long = "<answer>7</answer>", "well " * 9 + "<answer>7</answer>"
    found = run_in(
        ".venv-verl",
        *(
            HERE / "with_verl.py",
            ROOT / "trainers" / "verl.py",
            tiny,
            "open-r1-stack@2",
            "loop:naive",
            "old:batch",
        ),
        told=json.dumps([[short, "7", {"index": 1}], [long, "7", {"index": 1}]]),
    )
    assert "compares the completions of a prompt (kimi_length)" in found["loop:naive"]
    assert [one["extra"]["terms/kimi_length"] for one in found["old:batch"]] == [0.5, -0.5]


@pytest.mark.verl
def test_verl_rows_without_extra_info(tiny, run_in):
    found = run_in(
        ".venv-verl",
        *(
            HERE / "with_verl.py",
            ROOT / "trainers" / "verl.py",
            tiny,
            "playground-none@1",
            "loop:naive",
            "old:batch",
        ),
        told=json.dumps([[text, gold, None] for text, gold, _ in SUMS]),
    )
    for manager in ("loop:naive", "old:batch"):
        assert [one["score"] for one in found[manager]] == pytest.approx(PAID), manager


# --- verifiers -----------------------------------------------------------------------------------

VERIFIERS = """
import asyncio, json
import verifiers as vf
from rewardkit.errors import DataError
from rewardkit.trainers.verifiers import rubric

class Tokenizer:
    def encode(self, text, add_special_tokens):
        return text.split()

def state(text, answer, **more):
    return vf.State(
        prompt=[{"role": "user", "content": "?"}], completion=[{"role": "assistant", "content": text}], answer=answer,
        info={}, trajectory=[{"reward": None, "advantage": None}], **more,
    )

words = "a b c d e f g h i j k "
states = [state(words + "<answer>7</answer>", "7"), state(words + "<answer>None</answer>", "7")]
one = rubric("playground-none@1", Tokenizer())
asyncio.run(one.score_group(states))
found = {"rewards": [s["reward"] for s in states], "advantages": [s["trajectory"][0]["advantage"] for s in states],
         "metrics": states[1]["metrics"], "groups": one.has_group_rewards}
single = state(words + "<answer>8</answer>", "7")
asyncio.run(one.score_rollout(single))
found["single"] = single["reward"]
grouped = rubric("open-r1-stack@2", Tokenizer())
states = [state("<answer>7</answer>", "7"), state("well " * 9 + "<answer>7</answer>", "7")]
asyncio.run(grouped.score_group(states))
found["kimi"] = [s["metrics"]["kimi_length"] for s in states]
found["reads_groups"] = grouped.has_group_rewards
strict = rubric("open-r1-stack@1", Tokenizer())
try:
    asyncio.run(strict.score_rollout(state("7", None)))
except DataError as error:
    found["error"] = str(error)
print(json.dumps(found))
"""


@pytest.mark.verifiers
def test_verifiers_as_installed(run_in):
    found = run_in(".venv-verifiers", "-c", VERIFIERS)
    assert found["rewards"] == [1.0, -0.8]
    assert found["advantages"] == pytest.approx([0.9, -0.9])
    assert found["metrics"]["false_positive"] == -0.8
    assert found["metrics"]["outcomes/false_none"] == 1.0
    assert found["single"] == pytest.approx(-0.1)
    assert (found["groups"], found["reads_groups"]) == (False, True)
    assert found["kimi"] == [0.5, -0.5]
    assert "null gold" in found["error"]  # and not a quiet 0.0


VERIFIERS_V1 = """
import asyncio, json
import verifiers.v1 as vf
from verifiers.v1.graph import MessageNode
from rewardkit.errors import UsageError
from rewardkit.trainers.verifiers_v1 import recipe_task

class Tokenizer:
    def encode(self, text, add_special_tokens):
        return text.split()

class Sum(vf.TaskData):
    answer: str | None = None
    nums: list[int] = []

class SumTask(recipe_task("playground-none@1", Tokenizer()), vf.Task[Sum]):
    pass

class Game(recipe_task("countdown@1"), vf.Task[Sum]):
    pass

class Misnamed(recipe_task("countdown@1", gold="solution"), vf.Task[Sum]):
    pass

def traced(task, text, **call):
    nodes = [MessageNode(message=vf.UserMessage(content="What is 3 plus 4?")),
             MessageNode(message=vf.AssistantMessage(content=text), parent=0, sampled=True)]
    record = vf.TraceTask[Sum](type=type(task).__name__, data=task.data)
    one = vf.Trace(task=record, agent=vf.AgentInfo(config=vf.AgentConfig()), nodes=nodes,
                   calls=[vf.ModelCall(node=1, **call)])
    asyncio.run(task.score(one))
    return one

words = "a b c d e f g h i j k "
traces = [traced(SumTask(Sum(answer=gold)), words + f"<answer>{text}</answer>")
          for text, gold in (("7", "7"), ("None", "7"), ("7", None))]
found = {"rewards": [one.reward for one in traces], "metrics": traces[1].metrics}
found["countdown"] = traced(Game(Sum(answer="14", nums=[2, 3, 4])), "<answer>(3+4)*2</answer>").reward
found["undecided"] = traced(Game(Sum(answer="x", nums=[2, 3, 4])), "<answer>1</answer>").metrics["no_reward"]
for name, wrong in (("groups", lambda: recipe_task("open-r1-stack@2")),
                    ("field", lambda: traced(Misnamed(Sum(answer="14")), "<answer>1</answer>"))):
    try:
        wrong()
    except Exception as error:
        found[name] = str(error.__cause__ or error)
print(json.dumps(found))
"""


@pytest.mark.verifiers
def test_verifiers_tasks_as_installed(run_in):
    found = run_in(".venv-verifiers-v1", "-c", VERIFIERS_V1)
    assert found["rewards"] == [1.0, -0.8, -0.5]
    assert found["metrics"]["terms/false_positive"] == -0.8
    assert found["metrics"]["outcomes/false_none"] == 1.0
    assert (found["countdown"], found["undecided"]) == (1.0, 1.0)
    assert "one at a time" in found["groups"]
    assert "no field 'solution'" in found["field"]
