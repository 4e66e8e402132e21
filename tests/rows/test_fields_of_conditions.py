"""A condition on a column that the rows do not have: refused with the nearest, or counted."""

import json
import logging

import pandas as pd
import pytest

from rewardkit import load_recipe
from rewardkit.errors import RewardkitError, UsageError
from rewardkit.rows import read_rollouts

RECIPE = """recipe: langs
version: 0
answer: {extract: [boxed], verify: math}
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 0.0}
  style:
    kind: first
    terms:
      french: {kind: constant, value: -0.1, when: not (field("lang") == "en")}
      other: {kind: constant, value: 0.0}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "langs.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return load_recipe("langs.yaml")


def rows(**columns):
    return [{"question": "q", "gold": "1", "completion": r"\boxed{1}", **columns} for _ in range(3)]


def write(made, name="rows.jsonl"):
    with open(name, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in made)
    return name


def test_the_fields_of_nested_conditions_are_known(own):
    assert own.fields() == {("lang", False)}
    assert load_recipe("math-none@2").fields() == frozenset()


def test_score_names_the_nearest_column(own):
    file = write(rows(langs="en"))
    with pytest.raises(UsageError, match=r"rows.jsonl: no row has a column 'lang', .*did you mean 'langs'\?"):
        list(read_rollouts(file, fields=own.fields()))


def test_score_counts_rows_that_lack_it(own):
    from rewardkit.scoring.run import score_all

    made = [*rows(lang="en"), *rows(), *rows(lang=None)]
    for name in (write(made), "rows.parquet"):
        if name.endswith("parquet"):
            pd.DataFrame(made).to_parquet(name)
        summary = score_all(own, read_rollouts(name, fields=own.fields()))
        assert summary["warnings"] == [
            "6 of 9 rows have no 'lang', which a condition of the recipe reads: it does not hold for them"
        ]


def test_a_null_that_is_compared_is_not_lacking(own):
    null = load_recipe("langs.yaml", ['reward.style.terms.french.when=field("lang") == null'])
    groups = read_rollouts(write([*rows(lang=None), *rows(lang="en"), *rows()]), fields=null.fields())
    assert len(list(groups)) == 9
    assert groups.report.warnings() == [
        "3 of 9 rows have no 'lang', which a condition of the recipe reads: it does not hold for them"
    ]


def test_a_column_with_a_role_is_no_field(own, tmp_path):
    file = write([{"lang": "en", **row} for row in rows()])
    from rewardkit.rows import Columns

    with pytest.raises(UsageError, match=r"column 'lang' is read as the id"):
        list(read_rollouts(file, Columns(id="lang"), fields=own.fields()))


def test_a_frame_is_refused_or_warned_of(own):
    with pytest.raises(UsageError, match="did you mean 'langs'"):
        own.score_frame(pd.DataFrame(rows(langs="en")))
    with pytest.warns(UserWarning, match="1 of 4 rows have no 'lang'"):
        own.score_frame(pd.DataFrame([*rows(lang="en"), *rows()[:1]]))


def test_check_on_data(own):
    from rewardkit.audit.data.contract import with_data
    from rewardkit.audit.proof.check import check

    with pytest.raises(UsageError, match="did you mean 'langs'"):
        with_data(check(own), own, write(rows(langs="en")))
    found = with_data(check(own), own, write([*rows(lang="en"), *rows()]))
    [said] = [one for one in found.findings if one.code == "fields"]
    assert said.sentence.startswith("3 of 6 rows have no 'lang'")
    assert said.severity == "warning"


def test_plans(own):
    from rewardkit.trainers.plan.data import Loader, raw_rows
    from rewardkit.trainers.plan.loading import load_plan

    with open("plan.yaml", "w") as file:
        file.write(
            'plan: own\nmodel: {name: tiny}\ndata:\n  own: {path: rows.jsonl, prompt: "{{ question }}", gold: gold}\n'
            "stages:\n  - {name: grpo, kind: grpo, data: own, recipe: langs.yaml}\n"
        )
    resolved = load_plan("plan.yaml")
    loader = Loader(resolved, lambda name: raw_rows(resolved, name), list)
    write(rows(langs="en"))
    with pytest.raises(UsageError, match="own: no row has a column 'lang'"):
        loader.load(0, own)
    write([*rows(lang="en"), *rows()])
    assert any("3 of 6 rows have no 'lang'" in note for note in loader.load(0, own).notes)


def test_trainers(own, caplog):
    from rewardkit.trainers import verl
    from rewardkit.trainers.trl import reward_functions

    [function] = reward_functions(own)
    said = [r"\boxed{1}"] * 2
    with pytest.raises(UsageError, match="did you mean 'langs'"):
        function(completions=said, gold=["1", "1"], langs=["en", "en"])
    with pytest.raises(UsageError, match="did you mean 'langs'"):
        verl.compute_score("x", said[0], "1", {"langs": "en"}, recipe="langs.yaml")
    with caplog.at_level(logging.WARNING, "rewardkit"):
        for _ in range(2):
            assert function(completions=said, gold=["1", "1"], lang=["en", None]) == [1.0, 0.9]
    assert [record.message for record in caplog.records] == [
        "1 of 2 rows have no 'lang', which a condition of the recipe reads: it does not hold for them; logged once"
    ]


def test_evaluations(own):
    from rewardkit.evals.run import EvaluationRun
    from rewardkit.evals.run.generate import generate_run
    from rewardkit.evals.suite.suite import load_suite

    class Replaying:
        replays = True

    with open("suite.yaml", "w") as file:
        file.write(
            'suite: own\ndata: {path: rows.jsonl}\nprompt: {user: "{{ question }}"}\nrecipe: langs.yaml\narms: {greedy: {}}\n'
        )
    write(rows(langs="en"))
    with pytest.raises(RewardkitError, match="did you mean 'langs'"):
        generate_run(EvaluationRun("run"), load_suite("suite.yaml"), Replaying())  # type: ignore[arg-type]
