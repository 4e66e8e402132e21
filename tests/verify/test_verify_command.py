"""`rewardkit verify`: what it prints, what it exits with, and what labels by hand come to."""

import json

import pytest
from typer.testing import CliRunner

from rewardkit.__main__ import app
from rewardkit.audit.verifier.noise import Drawn, draw, noise, signal_kept
from rewardkit.errors import RewardkitError
from rewardkit.statistics import wilson


def run(*arguments):
    result = CliRunner().invoke(app, ["verify", *map(str, arguments)])
    if isinstance(result.exception, RewardkitError):
        return result.exception.exit_code, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


PAIRS = [
    ("0.5", r"\frac12", 0, "equal"),
    ("42", "43", 1, "different"),
    ("42", "9^{9^{9^9}}", 1, "refused"),
    ("?", "1", 2, "undecided"),
    ("None", "4\x1b[31m2", 1, "different"),
]


@pytest.mark.parametrize(("gold", "answer", "code", "word"), PAIRS)
def test_a_pair(gold, answer, code, word):
    found, output = run(gold, answer)
    assert (found, output.split()[0]) == (code, word)
    assert "\x1b" not in output
    found, output = run(gold, answer, "--json")
    assert (found, json.loads(output)["equality"]) == (code, word)


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "cases.jsonl"
    table = [
        ("a", r"\boxed{1/2}", "0.5", True, False),
        ("a", r"\boxed{2}", "3", False, False),
        ("b", "no marker: 7", "7", True, False),
        ("b", r"\boxed{5}", "5", False, True),
    ]
    with path.open("w") as out:
        for index, (category, completion, gold, label, debatable) in enumerate(table):
            row = {
                "id": f"c{index}",
                "category": category,
                "completion": completion,
                "gold": gold,
                "label": label,
                "debatable": debatable,
            }
            out.write(json.dumps(row) + "\n")
    return path


def test_cases(cases):
    code, output = run("--cases", cases)
    assert code == 1
    assert "FN c2" in output
    assert (
        "66.7% of 3 firm cases (1 debatable not counted), 0 false positives, 1 false negatives"
        in " ".join(output.split())
    )
    code, output = run("--cases", cases, "--extract", "boxed,last_number", "--json")
    found = json.loads(output)
    assert (code, found["cases"], found["agreement"], found["misses"]) == (0, 3, 1.0, [])


def test_cases_without_categories_have_one_row(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"completion": r"\boxed{2}", "gold": "2", "label": True}) + "\n")
    code, output = run("--cases", path)
    assert (code, sum(line.startswith("all ") for line in output.splitlines())) == (0, 1)


def test_cases_against_math_verify(cases):
    code, output = run("--cases", cases, "--against", "math-verify", "--json")
    found = json.loads(output)
    assert code == 1
    assert found["against"]["verifier"] == "math-verify"
    assert set(found["against"]["categories"]) == {"a", "b"}


def test_golds(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text(
        "\n".join(
            json.dumps({"question": "q", "answer": gold}) for gold in ["so\n#### 5", "#### ?", "nothing"]
        )
        + "\nnot json\n"
    )
    code, output = run("--golds", path, "--gold-extract", "hash", "--json")
    assert code == 1
    assert [one["row"] for one in json.loads(output)["unusable"]] == [2, 3, 4]


def test_sample_and_labels(tmp_path):
    data, drawn = tmp_path / "rollouts.jsonl", tmp_path / "to_label.jsonl"
    rows = [
        {"id": f"r{n}", "prompt": "q", "completion": rf"\boxed{{{n % 3}}}", "gold": "1"} for n in range(30)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, output = run("--sample", data, "--out", drawn, "--per-route", 4)
    assert code == 0
    found = [json.loads(line) for line in drawn.read_text().splitlines()]
    assert {(row["stratum"], row["stratum_size"]) for row in found} == {
        ("literal/equal", 10),
        ("numeric/different", 20),
    }
    assert len(found) == 8
    code, output = run("--sample", drawn)
    assert code == 2
    assert "no row has a label yet" in output
    for row in found:
        row["label"] = row["answer"] == "1"
    drawn.write_text("".join(json.dumps(row) + "\n" for row in found))
    code, output = run("--sample", drawn, "--json")
    report = json.loads(output)
    assert code == 0
    assert report["right"]["value"] == pytest.approx(1 / 3)
    assert (report["false_positive"]["value"], report["false_negative"]["value"], report["youden"]) == (
        0,
        0,
        1,
    )
    assert report["signal_kept"] == pytest.approx(1)


USAGE = [
    (),
    ("1",),
    ("1", "2", "--cases", "x"),
    ("--cases", "x", "--golds", "y"),
    ("--cases", "no-such-file.jsonl"),
    ("--against", "math-verify"),
    ("1", "2", "--json", "--sample", "x"),
]


@pytest.mark.parametrize("arguments", USAGE)
def test_usage(arguments):
    assert run(*arguments)[0] == 2


def test_bad_cases_are_named(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(
        '{"completion": "x", "gold": "1", "label": true}\n{"completion": "x", "gold": 1, "label": true}\n'
    )
    code, output = run("--cases", path)
    assert (code, "cases.jsonl:2: 'gold' must be a str" in output) == (2, True)


def row(stratum, size, verdict, label):
    return Drawn(
        id="",
        gold="",
        answer="",
        verdict=verdict,
        route="r",
        stratum=stratum,
        stratum_size=size,
        completion_end="",
        label=label,
    )


def test_rates_by_hand():
    # 90 called equal of which 1 in 3 labelled is wrong; 10 called different of which 1 in 2 is right
    labels = [
        row("e", 90, "equal", True),
        row("e", 90, "equal", True),
        row("e", 90, "equal", False),
        row("d", 10, "different", True),
        row("d", 10, "different", False),
    ]
    found = noise(labels)
    assert found.right.value == pytest.approx(65 / 100)
    assert found.false_positive.value == pytest.approx(30 / 35)
    assert found.false_negative.value == pytest.approx(5 / 65)
    assert found.youden == pytest.approx(1 - 30 / 35 - 5 / 65)
    assert found.called_right == pytest.approx(0.9)


def test_rates_without_labels_are_unknown():
    found = noise([row("e", 5, "equal", True), row("e", 5, "equal", None)])
    assert (found.labelled, found.false_positive.value, found.youden, found.signal_kept) == (
        1,
        None,
        None,
        None,
    )


def test_published_figures():
    assert signal_kept(0.5, 0.14, 0.01) == pytest.approx(0.857, abs=5e-4)
    assert signal_kept(0.5, 0.38, 0.01) == pytest.approx(0.657, abs=5e-4)
    assert signal_kept(1.0, 0.1, 0.1) is None
    assert wilson(9, 30) == pytest.approx((0.167, 0.479), abs=5e-4)
    assert wilson(0, 10)[0] == 0


def test_draw_is_the_same_for_the_same_seed():
    rows = [row(f"s{n % 3}", 0, "equal", None) for n in range(50)]
    assert draw(rows, 5, 1) == draw(rows, 5, 1)
    assert [one.stratum_size for one in draw(rows, 100, 1)] == [17] * 17 + [17] * 17 + [16] * 16
