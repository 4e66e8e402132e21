"""`rewardkit score`: what it writes, what it says, and its exit codes."""

import json
import sys

import pandas as pd
import pytest

from rewardkit.__main__ import main
from rewardkit.scoring.record import COLUMNS

RECIPE = """
recipe: r
version: 0
answer: {extract: [answer_line], verify: exact}
reward:
  correctness: {correct: 1.0, wrong: -0.1, no_answer: -0.2, false_none: -0.5}
  bonus: {kind: constant, value: 0.5, when: correct}
"""
NONE = RECIPE.replace("verify: exact", "verify: exact, null_gold: unanswerable, none: [None]").replace(
    "  bonus", "  none: {correct: 1.0, missed: -0.5, no_answer: -0.5}\n  bonus"
)
ROWS = [
    {"question": "1+1?", "gold": 2, "completions": ["A: 2", "A: 3", "dunno"]},
    {"question": "2+2?", "gold": 4, "completions": ["A: 4", "A: 4"]},
]


def write(folder, rows, name="rows.jsonl"):
    path = folder / name
    path.write_text(
        "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8"
    )
    return path


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command line in a folder that holds r.yaml; exit code, standard output and error."""
    (tmp_path / "r.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "none.yaml").write_text(NONE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["rewardkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        code = stop.value.code
        return (int(code or 0), *capsys.readouterr())

    return call


def test_a_row_a_completion_in_input_order_with_exactly_these_columns(run, tmp_path):
    write(tmp_path, ROWS)
    code, _, err = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 0
    assert "columns: prompt = question, completion = completions, gold = gold" in err
    found = records(tmp_path / "out.jsonl")
    assert all(tuple(one) == COLUMNS for one in found)
    assert [
        (o["id"], o["group"], o["sample"], o["total"], o["outcome"], o["prediction"], o["route"])
        for o in found
    ] == [
        ("1", "1", 0, 1.5, "correct", "2", "literal"),
        ("1", "1", 1, -0.1, "wrong", "3", "literal"),
        ("1", "1", 2, -0.2, "no_answer", None, "nothing"),
        ("2", "2", 0, 1.5, "correct", "4", "literal"),
        ("2", "2", 1, 1.5, "correct", "4", "literal"),
    ]
    assert found[1]["terms"] == {"correctness": -0.1, "bonus": None}
    assert {(o["recipe"], len(o["digest"])) for o in found} == {("r@0", 16)}
    assert not (tmp_path / "out.jsonl.part").exists()


def test_the_summary(run, tmp_path):
    write(tmp_path, ROWS)
    code, out, _ = run("score", "r.yaml", "rows.jsonl")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 110  # sentences may run on, tables do not
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert {"total +0.8400 0.9044 -0.20 +1.50 5", "wrong 1 20.0%", "literal 4 80.0%"} <= set(lines)
    assert "1 of 2 groups (50.0%) have zero spread" in out


def test_the_summary_as_json_is_all_of_standard_output(run, tmp_path):
    write(tmp_path, ROWS)
    code, out, _ = run("score", "r.yaml", "rows.jsonl", "--json")
    plain = json.loads(out)
    assert code == 0
    assert plain["columns"] == {"prompt": "question", "completion": "completions", "gold": "gold"}
    assert plain["outcomes"] == {"correct": 3, "wrong": 1, "no_answer": 1}
    assert plain["terms"]["bonus"]["paid"] == 3


def test_parquet_has_the_same_rows(run, tmp_path):
    write(tmp_path, ROWS)
    run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert run("score", "r.yaml", "rows.jsonl", "-o", "out.parquet")[0] == 0
    frame = pd.read_parquet(tmp_path / "out.parquet")
    assert tuple(frame.columns) == COLUMNS
    assert json.loads(frame.to_json(orient="records")) == records(tmp_path / "out.jsonl")


def test_a_variant_has_its_own_digest(run, tmp_path):
    write(tmp_path, ROWS)
    run("score", "r.yaml", "rows.jsonl", "-o", "a.jsonl")
    run("score", "r.yaml", "rows.jsonl", "-o", "b.jsonl", "--set", "reward.bonus.value=0.25")
    first, second = records(tmp_path / "a.jsonl")[0], records(tmp_path / "b.jsonl")[0]
    assert (second["total"], second["recipe"]) == (1.25, "r@0 with reward.bonus.value=0.25")
    assert first["digest"] != second["digest"]


BAD = [
    {"gold": "2", "completion": "A: 2"},
    {"completion": "A: 2"},
    {"gold": None, "completion": "A: 2"},
    {"gold": "2"},
    "{torn",
    {"gold": "2", "completion": "A: 3"},
]


def test_bad_rows_are_named_and_counted_and_missing_from_the_scores(run, tmp_path):
    write(tmp_path, BAD)
    code, out, _ = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 1
    assert [one["id"] for one in records(tmp_path / "out.jsonl")] == ["1", "6"]
    assert "4 bad rows left out, and not scored (missing gold: 1, null gold: 1, missing completion: 1" in out
    for line in (
        "rows.jsonl:2: the row has no 'gold'",
        "rows.jsonl:3: the gold is null",
        "rows.jsonl:5: not JSON",
    ):
        assert line in out


def test_a_null_gold_counts_where_the_recipe_says_what_it_means(run, tmp_path):
    write(tmp_path, [{"gold": None, "completion": "A: None"}, {"gold": "None", "completion": "A: 3"}, BAD[1]])
    code, _, _ = run("score", "none.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 1  # a row without a gold is a fault even so
    assert [(o["outcome"], o["total"]) for o in records(tmp_path / "out.jsonl")] == [
        ("none_correct", 1.0),
        ("none_missed", -0.5),
    ]


def test_a_gold_that_is_both_a_value_and_none_spoils_its_row_only(run, tmp_path):
    rows = [BAD[0], {"gold": ["2", "None"], "completion": "A: 2"}, BAD[5]]
    write(tmp_path, rows)
    code, out, _ = run("score", "none.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 1
    assert [one["id"] for one in records(tmp_path / "out.jsonl")] == ["1", "3"]
    assert "rows.jsonl:2: " in out
    assert "both a value and None" in out


def test_an_unusable_gold_has_no_total_and_is_named_and_counted(run, tmp_path):
    write(tmp_path, [BAD[0], {"gold": " ", "completion": "A: 2"}])
    code, out, _ = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 0  # it is scored: undecided
    assert [(o["outcome"], o["total"]) for o in records(tmp_path / "out.jsonl")] == [
        ("correct", 1.5),
        ("undecided", None),
    ]
    assert "1 unusable gold got no reward, and no total" in out
    assert "rows.jsonl:2: unusable gold ' ': " in out
    code, _, err = run("score", "r.yaml", "rows.jsonl", "--strict")
    assert code == 2
    assert "rows.jsonl:2: unusable gold ' '" in err


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_where_every_row_is_bad_the_scores_are_empty(run, tmp_path, suffix):
    write(tmp_path, BAD[1:4])
    code, out, _ = run("score", "r.yaml", "rows.jsonl", "-o", f"out.{suffix}", "-c", "gold=gold", "--json")
    assert code == 1
    assert json.loads(out)["completions"] == 0
    assert json.loads(out)["total"]["mean"] is None
    _, out, _ = run("score", "r.yaml", "rows.jsonl", "-c", "gold=gold")
    assert "0 completions in 3 rows\n\n3 bad rows left out" in out  # and no table of nothing
    made = tmp_path / f"out.{suffix}"
    assert made.read_bytes() == b"" if suffix == "jsonl" else tuple(pd.read_parquet(made).columns) == COLUMNS


def test_strict_stops_at_the_first_bad_row(run, tmp_path):
    write(tmp_path, BAD)
    code, _, err = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl", "--strict")
    assert code == 2
    assert "rows.jsonl:2: the row has no 'gold', the gold" in err
    assert not (tmp_path / "out.jsonl").exists()


def test_strange_characters_pass_through_as_escapes(run, tmp_path):
    write(tmp_path, [{"gold": "\ud800\x00", "completion": "A: \ud800\x00☃"}])
    assert run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")[0] == 0
    assert run("score", "r.yaml", "rows.jsonl", "-o", "out.parquet")[0] == 0
    raw = (tmp_path / "out.jsonl").read_bytes()
    assert raw.isascii()
    assert b"\x00" not in raw


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["rows.jsonl", "-c", "gold=anwser"], "no column 'anwser' for the gold"),
        (
            ["rows.jsonl", "-o", "out.txt"],
            "-o out.txt: the name of a score file must end in .jsonl or .parquet",
        ),
        (["rows.jsonl", "-o", "rows.jsonl"], "is the input"),
        (
            ["rows.jsonl", "-o", "folder.jsonl"],
            "-o folder.jsonl: is a folder; name a file in it, as in folder.jsonl/scores.jsonl",
        ),
        (["rows.jsonl", "--gold-extract", "hsh"], "did you mean 'hash'"),
        (["rows.jsonl", "--group-by", "grp"], "--group-by grp: no such column"),
        (
            [
                "rows.jsonl",
                "--set",
                "reward.bonus.kind=length",
                "--set",
                "reward.bonus={kind: length, above: 3, penalty: -1, unit: tokens}",
            ],
            "--tokenizer",
        ),
        (["rows.jsonl", "--set", "reward.k={kind: kimi_length, unit: characters}"], "has no group"),
    ],
)
def test_usage(run, tmp_path, arguments, says):
    (tmp_path / "folder.jsonl").mkdir()
    write(tmp_path, [BAD[0]])
    code, _, err = run("score", "r.yaml", *arguments)
    assert code == 2
    assert says in " ".join(err.split())


def test_group_by_gives_every_group_whole(run, tmp_path):
    rows = [
        {"gold": "2", "completion": f"A: {n}", "pid": p} for n, p in [(2, "x"), (3, "y"), (3, "x"), (2, "y")]
    ]
    write(tmp_path, rows)
    code, out, _ = run("score", "r.yaml", "rows.jsonl", "--group-by", "pid", "--json")
    assert code == 0
    assert json.loads(out)["groups"] == {"count": 2, "compared": 2, "zero_spread": 0}


# --- going on after a run that stopped ------------------------------------------------------------


MANY = [{"id": f"q{n}", "gold": n, "completions": [f"A: {n}", f"A: {n + n % 2}"]} for n in range(400)]


def test_a_finished_file_is_not_scored_again(run, tmp_path):
    write(tmp_path, ROWS)
    first = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl", "--json")
    stamp = (tmp_path / "out.jsonl").stat().st_mtime_ns
    code, out, err = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl", "--json")
    assert (code, out) == first[:2]
    assert "already complete" in err
    assert (tmp_path / "out.jsonl").stat().st_mtime_ns == stamp


def test_its_exit_code_stays_what_it_was(run, tmp_path):
    write(tmp_path, BAD)
    assert run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")[0] == 1
    assert run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "reward.bonus.value=2"], "made with another recipe"),
        (["--limit", "1"], "made with another limit (None, now 1)"),
        (["-c", "gold=question"], "made with another column"),
    ],
)
def test_another_reward_or_other_options_do_not_go_on_with_it(run, tmp_path, arguments, says):
    write(tmp_path, ROWS)
    run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    code, _, err = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl", *arguments)
    assert code == 2
    assert says in " ".join(err.split())
    assert "--overwrite" in err
    assert run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl", "--overwrite", *arguments)[0] == 0


def test_nor_does_a_changed_recipe_or_another_input(run, tmp_path):
    write(tmp_path, ROWS)
    run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    write(tmp_path, ROWS[:1])
    assert "another input" in " ".join(run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")[2].split())
    write(tmp_path, ROWS)
    (tmp_path / "r.yaml").write_text(RECIPE.replace("0.5, when", "0.6, when"), encoding="utf-8")
    assert "another reward" in " ".join(run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")[2].split())


def test_a_file_of_unknown_make_is_not_touched(run, tmp_path):
    write(tmp_path, ROWS)
    (tmp_path / "out.jsonl").write_text("precious", encoding="utf-8")
    code, _, err = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 2
    assert "has no record of its inputs" in " ".join(err.split())
    assert (tmp_path / "out.jsonl").read_text() == "precious"


@pytest.mark.parametrize(
    ("suffix", "cut", "again"),
    [
        ("jsonl", 0, 400),
        ("jsonl", 20, 400),  # within the header
        ("jsonl", 5_000, 400),  # within the first chunk of 128 groups
        ("jsonl", 80_000, 272),  # after it
        ("jsonl", None, 0),  # complete, but for the end
        ("parquet", 80_000, 272),
    ],
)
def test_wherever_a_run_is_torn_the_next_one_ends_in_the_same_file(
    run, tmp_path, monkeypatch, suffix, cut, again
):
    import rewardkit.scoring.groups as command
    from rewardkit.scoring.file import ScoreFile

    write(tmp_path, [*MANY, "{torn", {"gold": "1", "completions": []}])
    whole, out = tmp_path / f"whole.{suffix}", tmp_path / f"out.{suffix}"
    first = run("score", "r.yaml", "rows.jsonl", "-o", whole.name, "--json")
    assert first[0] == 1

    def die(self, summary):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # a run that dies before its end leaves its part
        patch.setattr(ScoreFile, "finish", die)
        run("score", "r.yaml", "rows.jsonl", "-o", out.name)
    part = tmp_path / f"out.{suffix}.part"
    data = part.read_bytes()
    part.write_bytes(data[:cut])
    done = []
    scored = command._mark
    monkeypatch.setattr(
        command, "_mark", lambda chunk, *rest: done.append(len(chunk.groups)) or scored(chunk, *rest)
    )
    assert run("score", "r.yaml", "rows.jsonl", "-o", out.name, "--json")[:2] == first[:2]
    assert (
        out.read_bytes() == whole.read_bytes()
        if suffix == "jsonl"
        else pd.read_parquet(out).equals(pd.read_parquet(whole))
    )
    assert not part.exists()
    assert sum(done) == again


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "extract", "wrongly_labelled"),
    [("gsm8k/model_solutions.jsonl", "answer_line", []), ("math/qwen_rollouts.jsonl", "boxed", ["10{,}000"])],
)
def test_outcomes_agree_with_every_label_of_real_completions(
    run, tmp_path, shared_data, file, extract, wrongly_labelled
):
    pytest.importorskip("rewardkit.verify.math.verifier")
    recipe = RECIPE.replace("answer_line", extract).replace("exact", "math")
    (tmp_path / "r.yaml").write_text(recipe, encoding="utf-8")
    assert run("score", "r.yaml", shared_data / file, "-o", "out.jsonl")[0] == 0
    rows = [json.loads(line) for line in (shared_data / file).read_text(encoding="utf-8").splitlines()]
    labels = {(str(n), s): label for n, row in enumerate(rows, 1) for s, label in enumerate(row["labels"])}
    scored = records(tmp_path / "out.jsonl")
    assert len(scored) == len(labels)
    apart = [one for one in scored if (one["outcome"] == "correct") != labels[one["id"], one["sample"]]]
    assert [rows[int(one["id"]) - 1]["gold"] for one in apart] == wrongly_labelled


def test_a_place_that_cannot_be_written_is_said_in_one_line(run, tmp_path):
    write(tmp_path, ROWS)
    (tmp_path / "out.jsonl.part").mkdir()
    code, _, err = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 2
    assert "out.jsonl.part: Is a directory" in err


def test_a_run_that_scored_nothing_holds_no_later_one_up(run, tmp_path):
    write(tmp_path, ROWS[:1])
    (tmp_path / "out.jsonl.part").write_text('{"score-file": {"input": "another"}}\n', encoding="utf-8")
    code, _, _ = run("score", "r.yaml", "rows.jsonl", "-o", "out.jsonl")
    assert code == 0
