"""What a run leaves behind and reads back: checkpoints, tables, traces, warnings."""

import json
import math

import pytest

pytest.importorskip("trl", reason="TRL is not installed: pip install 'rewardkit[train]'")

from rewardkit.errors import UsageError
from rewardkit.evals.traces import right_traces
from rewardkit.runs.log import append_row, read_rows, write_rows
from rewardkit.trainers.run.folder import TrainingRun, drop_incomplete, last_complete
from rewardkit.trainers.run.watch import RULES, look

pytestmark = pytest.mark.train

# --- checkpoints ---------------------------------------------------------------------------------

WHOLE = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")


def checkpoint(folder, step, files=WHOLE, state=None):
    path = folder / f"checkpoint-{step}"
    path.mkdir()
    for name in files:
        (path / name).write_bytes(b"x")
    (path / "trainer_state.json").write_text(json.dumps({"global_step": step}) if state is None else state)
    return path


@pytest.mark.parametrize("missing", WHOLE)
def test_a_checkpoint_without_a_part_is_not_taken(tmp_path, missing):
    kept = checkpoint(tmp_path, 4)
    checkpoint(tmp_path, 8, [name for name in WHOLE if name != missing])
    assert last_complete(tmp_path) == (kept, 4)
    assert drop_incomplete(tmp_path, 4) == ["checkpoint-8"]


@pytest.mark.parametrize("state", ["", '{"global_step": 8', '{"global_step": 7}', "[]"])
def test_a_checkpoint_whose_state_was_cut_short_is_not_taken(tmp_path, state):
    kept = checkpoint(tmp_path, 4)
    checkpoint(tmp_path, 8, state=state)
    assert last_complete(tmp_path) == (kept, 4)


def test_the_newest_is_taken_by_number_and_sharded_or_adapter_weights_will_do(tmp_path):
    checkpoint(tmp_path, 8)
    index = checkpoint(tmp_path, 10, WHOLE[1:])
    (index / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "1.st", "b": "2.st"}})
    )
    (index / "1.st").write_bytes(b"x")
    assert last_complete(tmp_path)[1] == 8  # one shard is missing
    (index / "2.st").write_bytes(b"x")
    assert last_complete(tmp_path)[1] == 10
    adapter = checkpoint(tmp_path, 12, ["adapter_model.safetensors", *WHOLE[1:]])
    assert last_complete(tmp_path) == (adapter, 12)
    assert last_complete(tmp_path, world_size=2) is None  # random states of two processes are needed


# --- the table -----------------------------------------------------------------------------------


def test_rewinding_takes_back_what_will_be_done_again_and_a_torn_line(tmp_path):
    run = TrainingRun(tmp_path)
    write_rows(
        run.metrics, [{"stage": "a", "step": 9}, *({"stage": "b", "step": step} for step in (1, 2, 3))]
    )
    with run.metrics.open("a") as file:
        file.write('{"stage": "b", "st')
    run.rewind("b", 2)
    append_row(run.metrics, {"stage": "b", "step": 3})
    assert [(row["stage"], row["step"]) for row in read_rows(run.metrics)] == [
        ("a", 9),
        ("b", 1),
        ("b", 2),
        ("b", 3),
    ]


def test_a_folder_belongs_to_one_plan_and_its_recipes(tmp_path):
    run = TrainingRun(tmp_path)
    record = {"recipes": {"g": {"ref": "r@0", "digest": "1"}}, "versions": {}}
    run.begin("plan: a\nseed: 0\n", record)
    run.begin("plan: a\nseed: 0\n", record)
    with pytest.raises(UsageError, match="'seed: 0' there, 'seed: 1' now"):
        run.begin("plan: a\nseed: 1\n", record)
    with pytest.raises(UsageError, match="started with r@0 1, which is now 2"):
        run.begin("plan: a\nseed: 0\n", {"recipes": {"g": {"ref": "r@0", "digest": "2"}}, "versions": {}})


def test_what_changed_since_the_run_began(tmp_path):
    run = TrainingRun(tmp_path)
    record = {"recipes": {}, "processes": 1, "versions": {"trl": "1", "torch": "2"}}
    assert run.begin("p\n", record) == []
    assert run.begin("p\n", record | {"versions": {"trl": "3", "torch": "2", "peft": "1"}}) == [
        "trl was 1 when this run was last active, and is 3",
        "peft was not installed when this run was last active, and is 1",
    ]
    (tmp_path / "01-a" / "checkpoint-2").mkdir(parents=True)
    with pytest.raises(
        UsageError, match=r"started with 1 processes, .* now there are 2. Launch 1, or remove \S+01-a"
    ):
        run.begin("p\n", record | {"processes": 2})
    (tmp_path / "01-a" / "done.json").write_text("{}")
    run.begin("p\n", record | {"processes": 2})


def test_one_run_at_a_time(tmp_path):
    run = TrainingRun(tmp_path / "run")
    with run.writing():
        other = TrainingRun(tmp_path / "run").writing()
        with pytest.raises(UsageError, match="another process is writing to"), other:
            pass
    with TrainingRun(tmp_path / "run").writing():
        pass


def test_a_stage_does_not_go_on_with_other_rows(tmp_path):
    run = TrainingRun(tmp_path)
    run.same_data(tmp_path / "s", [{"prompt": "a"}], 0)
    run.same_data(tmp_path / "s", [{"prompt": "a"}], 4)
    with pytest.raises(UsageError, match=r"is at step 4 with 1 rows .* now have 2 .*; restore the data"):
        run.same_data(tmp_path / "s", [{"prompt": "a"}, {"prompt": "b"}], 4)
    run.same_data(tmp_path / "s", [{"prompt": "b"}], 0)  # nothing was learnt yet
    run.same_data(tmp_path / "s", [{"prompt": "b"}], 4)


# --- rejection sampling --------------------------------------------------------------------------


def trace(text, outcome="correct", prompt="p"):
    return {
        "prompt": [{"role": "user", "content": prompt, "extra": None}],
        "completion": [{"role": "assistant", "content": text}],
        "outcome": outcome,
        "id": prompt,
    }


def texts(rows):
    return [row["completion"][0]["content"] for row in rows]


LOGGED = [
    trace("one two three four five 7"),
    trace("one two three four 7"),
    trace("one  two three four\n7"),  # the same but for white space
    trace("another way to seven 7"),
    trace("8", "wrong"),
    trace("None", "false_none"),
    trace("None", "none_correct", "q"),
]


def test_right_traces_once_each_shortest_first():
    assert texts(right_traces(LOGGED)) == ["one two three four 7", "None"]
    rows = right_traces(LOGGED, per_prompt=9)
    assert texts(rows) == [
        "one two three four 7",
        "another way to seven 7",
        "one two three four five 7",
        "None",
    ]
    assert rows[0]["prompt"] == [{"role": "user", "content": "p"}]


def test_diverse_traces_share_least_with_those_before():
    assert texts(right_traces(LOGGED, "diverse", 2))[:2] == ["one two three four 7", "another way to seven 7"]


# --- the watch -----------------------------------------------------------------------------------

CALM = {
    "reward": 0.5,
    "outcomes/right": 0.5,
    "outcomes/correct": 0.5,
    "outcomes/wrong": 0.5,
    "outcomes/false_none": 0.0,
    "outcomes/no_answer": 0.0,
    "outcomes/none_no_answer": 0.0,
    "outcomes/undecided": 0.0,
    "frac_reward_zero_std": 0.1,
    "completions/mean_length": 100.0,
    "completions/clipped_ratio": 0.0,
    "text/characters": 0.0,
    "text/script": 0.0,
    "text/repetition": 0.0,
    "variance/total": 1.0,
    "variance/a": 0.6,
    "variance/b": 0.4,
}
LATER = {
    "reward_without_correctness": {"reward": 0.9},
    "false_none": {"outcomes/false_none": 0.25, "outcomes/wrong": 0.25},
    "one_term": {"variance/a": 0.95, "variance/b": 0.05},
    "dead_groups": {"frac_reward_zero_std": 0.63},
    "length": {"completions/mean_length": 151.0},
    "truncated": {"completions/clipped_ratio": 0.3},
    "characters": {"text/characters": 0.06},
    "script": {"text/script": 0.06},
    "repetition": {"text/repetition": 0.2},
    "no_answer": {"outcomes/no_answer": 0.2, "outcomes/none_no_answer": 0.2},
    "undecided": {"outcomes/undecided": 0.01},
}


def test_every_rule_has_its_case():
    assert set(LATER) == set(RULES)


@pytest.mark.parametrize("name", LATER)
def test_each_rule_speaks_of_its_own_and_can_be_turned_off(name):
    history = [CALM] * 4 + [CALM | LATER[name]] * 4
    found = {alarm.name: alarm for alarm in look(history, {}, window=4)}
    assert list(found) == [name]
    assert any(character.isdigit() for character in found[name].text)
    assert "rewardkit" in found[name].audit
    assert look(history, {name: None}, window=4) == []


def test_a_calm_run_and_a_good_one_are_left_alone():
    better = CALM | {"reward": 0.9, "outcomes/right": 0.9}
    assert look([CALM] * 4 + [better] * 4, {}, window=4) == []
    assert look([], {}) == []


def test_numbers_of_a_warning():
    [alarm] = look([CALM] * 2 + [CALM | LATER["false_none"]] * 2, {}, window=2)
    assert alarm.text == "None on answerable problems 0.000 -> 0.250"
    [alarm] = look([CALM | {"frac_reward_zero_std": 0.63}] * 3, {}, window=3)
    assert "63.0%" in alarm.text


def test_rows_that_reuse_completions_lack_metrics_and_are_passed_over():
    history = [CALM, {"reward": 0.5, "outcomes/right": math.nan}, {"loss": 1.0}] * 4
    assert look(history, {}, window=4) == []


def sliced(**shares):
    """A calm row whose hard problems, a twentieth of all, fare like this."""
    of_slice = {"share": 0.05, "outcomes/wrong": 0.05, "outcomes/correct": 0.0, "outcomes/false_none": 0.0}
    of_slice |= {"outcomes/no_answer": 0.0, "outcomes/none_no_answer": 0.0, "outcomes/undecided": 0.0}
    hard = of_slice | {name.replace("__", "/"): share for name, share in shares.items()}
    return CALM | {f"slices/level=hard/{name}": share for name, share in hard.items()}


def test_what_drowns_in_all_completions_is_heard_in_its_slice_by_name():
    none = sliced(outcomes__false_none=0.05, outcomes__wrong=0.0) | {"outcomes/false_none": 0.04}
    [alarm] = look([sliced()] * 4 + [none] * 4, {}, window=4)
    assert (alarm.name, alarm.slice) == ("false_none", "level=hard")
    assert alarm.text == "level=hard: None on answerable problems 0.000 -> 1.000"
    [alarm] = look([sliced(outcomes__no_answer=0.02)] * 4, {}, window=4)
    assert alarm.text == "level=hard: completions without a readable answer: 40.0%"


def test_a_slice_is_looked_at_once_a_window_of_rows_has_it():
    absent = CALM | {name: 0.0 for name in sliced() if name.startswith("slices/")}
    mute = sliced(outcomes__no_answer=0.05)
    assert look([absent, mute] * 3, {}, window=4) == []
    assert [alarm.name for alarm in look([absent, mute] * 4, {}, window=4)] == ["no_answer"]
