"""Comparisons, the extraction panel and reward against truth, on policies whose skill is known."""

import json
import math

import numpy as np
import pytest
from simulated_policy import Simulated
from typer.testing import CliRunner

from rewardkit.documents import encode
from rewardkit.errors import RecipeError, UsageError
from rewardkit.evals.analysis.board import load_board
from rewardkit.evals.analysis.measures import measures
from rewardkit.evals.analysis.paired import compare
from rewardkit.evals.analysis.panel import panel
from rewardkit.evals.analysis.summary import summarise
from rewardkit.evals.analysis.truth import auc, reward_against_truth
from rewardkit.evals.commands import app
from rewardkit.evals.profiles import load_reader
from rewardkit.evals.report import charts
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.run.score import score_run
from rewardkit.evals.suite.suite import load_suite
from rewardkit.pages.tables import figure, interval
from rewardkit.statistics import holm, mcnemar_exact, minimum_detectable_difference

STANDARD = ("data.generate.n=120", "arms.sampled.n=4")


def make(path, policy, settings=STANDARD, recipe="accuracy"):
    folder = EvaluationRun(path)
    generate_run(folder, load_suite("arithmetic", settings), policy)
    score_run(folder, load_reader(recipe), asked="accuracy" if recipe == "accuracy" else "")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return {
        "base": make(root / "base", Simulated("base", 0.4)),
        "tuned": make(root / "tuned", Simulated("tuned", 0.6)),
        "same": make(root / "same", Simulated("same", 0.4)),
    }


def found(made, metric, arm, column=""):
    return next(r for r in made.rows if (r.metric, r.arm, r.column) == (metric, arm, column))


def test_a_better_policy_is_found_better_and_an_equal_one_is_not(runs):
    base, tuned, same = (load_board(runs[name]) for name in ("base", "tuned", "same"))
    better = found(compare([base, tuned]), "mean@n", "sampled")
    assert better.difference.low > 0
    assert better.difference.p < 0.01
    equal = found(compare([base, same]), "mean@n", "sampled")
    assert equal.difference.low < 0 < equal.difference.high
    assert 0 < equal.detectable < 0.2


def test_greedy_differences_are_mcnemar_over_flips(runs):
    from scipy.stats import binomtest

    made = compare([load_board(runs["base"]), load_board(runs["tuned"])])
    gained = sum(flip.gained for flip in made.flips)
    lost = len(made.flips) - gained
    row = found(made, "accuracy", "greedy")
    assert row.test == "exact McNemar"
    assert row.difference.p == pytest.approx(binomtest(gained, gained + lost).pvalue)
    assert row.difference.value == pytest.approx((gained - lost) / 120)


def test_holm_is_over_the_slices_of_a_column(runs):
    made = compare([load_board(runs["base"]), load_board(runs["tuned"])])
    rows = [r for r in made.rows if (r.column, r.metric) == ("steps", "accuracy")]
    assert len(rows) == 3
    assert all(r.adjusted >= r.difference.p for r in rows)
    assert max(r.adjusted for r in rows) > min(r.difference.p for r in rows)


@pytest.mark.parametrize(
    ("settings", "objection"),
    [
        (
            (*STANDARD, "arms.sampled.temperature=0.5"),
            r"the sampled arm is decoded differently \(temperature 1.0 / 0.5\)",
        ),
        ((*STANDARD, "prompt.user='{{ question }}?'"), r"the prompts differ"),
        ((*STANDARD, "data.generate.seed=1"), r"questions or golds differ"),
    ],
)
def test_runs_that_are_not_comparable_are_refused(runs, tmp_path, settings, objection):
    other = load_board(make(tmp_path / "other", Simulated("other"), settings))
    base = load_board(runs["base"])
    with pytest.raises(UsageError, match=objection):
        compare([base, other])
    assert compare([base, other], anyway=True).objections


def test_another_n_or_seed_is_comparable(runs, tmp_path):
    more = load_board(
        make(tmp_path / "m", Simulated("m", 0.4), (*STANDARD, "arms.sampled.n=6", "arms.sampled.seed=1"))
    )
    made = compare([load_board(runs["base"]), more])
    assert made.curves[0].ks == [1, 2, 3, 4]
    assert found(made, "mean@n", "sampled").difference.questions == 120


def test_missing_samples_are_missing_and_never_wrong(tmp_path):
    folder = EvaluationRun(tmp_path / "run")
    perfect = Simulated("perfect", 2.0)
    generate_run(folder, load_suite("arithmetic", STANDARD), perfect, window=120 + 40 * 4 + 2)
    score_run(folder, load_reader("accuracy"), asked="accuracy")
    board = load_board(folder)
    made = {(m.name, m.arm): m.estimate() for m in measures(board)}
    whole = made["mean@4", "sampled"]
    assert (whole.questions, made["pass@4", "sampled"].questions) == (41, 40)  # the 41st has two of four
    finished = {(m.name, m.arm): m for m in measures(board)}["accuracy_finished", "sampled"].estimate()
    assert finished.value == 1.0
    assert (
        "sampled: missing 318 of 480 completions, not counted as wrong: 79 questions left out; 1 question with what "
        "the other samples define. bounds: were all of them wrong, and right"
    ) in summarise(board).notes


def test_a_comparison_shows_the_ledger_and_what_missing_samples_could_change(runs, tmp_path):
    """The bounds of a difference hold it whatever the missing samples are: here what they were is known."""
    settings = (*STANDARD, "arms.greedy=null")
    part = EvaluationRun(tmp_path / "part")
    generate_run(part, load_suite("arithmetic", settings), Simulated("tuned", 0.6), window=4 * 100)
    score_run(part, load_reader("accuracy"), asked="accuracy")
    whole = make(tmp_path / "base", Simulated("base", 0.4), settings)
    made = compare([load_board(whole), load_board(part)])
    true = found(compare([load_board(runs["base"]), load_board(runs["tuned"])]), "mean@n", "sampled")
    row = found(made, "mean@n", "sampled")
    assert row.bounds is not None
    assert row.bounds[0] < true.difference.value < row.bounds[1]
    missing = sum(arm["missing"] for arm in encode(made)["ledger"]["part"])
    assert row.bounds[1] - row.bounds[0] == pytest.approx(missing / 480)
    assert true.bounds is None
    told = " ".join(invoke("compare", whole.path, part.path).split())
    assert told.index(made.conclusions[0][:30]) < told.index("missing")
    assert "bounds: of the difference" in told
    assert "bounds" not in invoke("compare", runs["base"].path, runs["tuned"].path)


def test_tables_by_slice_are_behind_an_option(runs):
    paths = [runs[name].path for name in ("base", "tuned", "same")]
    assert "by steps" not in (short := invoke("compare", *paths)).replace("by steps:", "")
    assert "--slices" in short
    assert "tuned by steps" in invoke("compare", *paths, "--slices")


def test_a_picture_of_many_slices_shows_the_largest_and_says_so(tmp_path):
    """Three questions for each topic below 10, one for each of the other forty."""
    topics = [*range(50), *range(10), *range(10)]
    rows = [{"id": str(i), "question": "1 + 1", "gold": "2", "topic": f"t{t}"} for i, t in enumerate(topics)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = ("data.generate=null", f"data.path={tmp_path / 'rows.jsonl'}", "data.id=id", "slices=[topic]")
    board = load_board(make(tmp_path / "run", Simulated("run", 0.5), settings))
    one = charts.slices({"a": board}, "topic").to_dict()
    assert one["height"] < 1200
    assert one["title"]["subtitle"] == "the 48 of 50 with the most questions"
    four = charts.slices({name: board for name in "abcd"}, "topic").to_dict()
    assert four["height"] < 1000
    [drawn] = {tuple(sorted({row["slice"] for row in rows})) for rows in four["datasets"].values()}
    assert set(drawn) >= {f"t{place}" for place in range(10)}
    assert len(drawn) == 12


def test_the_board_agrees_with_counting_by_hand(runs):
    board = load_board(runs["base"])
    arm = board.arms["greedy"]
    made = {(m.name, m.arm): m.estimate().value for m in measures(board)}
    outcomes = [
        json.loads(line) for line in (runs["base"].scores / "accuracy@1.jsonl").read_text().splitlines()
    ]
    greedy = [row["outcome"] for row in outcomes if row["arm"] == "greedy"]
    answerable = [o for o in greedy if not o.startswith("none")]
    unanswerable = [o for o in greedy if o.startswith("none")]
    right = sum(o in ("correct", "none_correct") for o in greedy)
    assert made["accuracy", "greedy"] == right / 120
    assert made["none_recall", "greedy"] == unanswerable.count("none_correct") / len(unanswerable)
    assert made["false_none", "greedy"] == answerable.count("false_none") / len(answerable)
    said = unanswerable.count("none_correct") + answerable.count("false_none")
    assert made["none_precision", "greedy"] == unanswerable.count("none_correct") / said
    assert made["truncated", "greedy"] == np.nanmean(arm.truncated)
    cells = [made[f"quadrant.{name}", "both"] for name in ("solid", "lucky", "headroom", "never")]
    assert sum(cells) == pytest.approx(1.0)
    assert made["greedy-mean@4", "both"] == pytest.approx(
        made["accuracy", "greedy"] - made["mean@4", "sampled"]
    )


def test_guessing_none_has_a_floor(runs):
    measure = next(m for m in measures(load_board(runs["base"])) if m.name == "pass@4")
    assert measure.floor is not None
    assert 0 < measure.floor.mean() < 0.1


def test_the_panel_unmasks_a_change_of_format(tmp_path):
    class Formatted(Simulated):
        """The same answers, half of them after #### and without a box."""

        def generate(self, requests):
            from dataclasses import replace

            for made in super().generate(requests):
                plain = made.text.replace("\\boxed{", "\n#### ").replace("}", "")
                yield replace(made, text=plain) if made.index % 2 else made

    folder = make(tmp_path / "run", Formatted("formatted", 0.6))
    made = panel(folder, ["accuracy", "last-boxed"])
    lenient, strict = made.accuracy["greedy"]["accuracy"], made.accuracy["greedy"]["last-boxed"]
    assert strict.value < lenient.value - 0.15
    low, high = made.bounds["greedy"]
    assert (low.value, high.value) == (strict.value, lenient.value)
    assert made.disagree["last-boxed"]["accuracy"] == 0
    assert made.disagree["accuracy"]["last-boxed"] > 50
    assert made.examples[0][3:] == (["accuracy"], ["last-boxed"])


@pytest.mark.parametrize(
    ("reward", "right", "value"),
    [([1, 0], [1, 0], 1.0), ([0, 1], [1, 0], 0.0), ([1, 1], [1, 0], 0.5), ([3, 1, 2], [1, 0, 0], 1.0)],
)
def test_auc_by_hand(reward, right, value):
    assert auc(np.array(reward, dtype=float), np.array(right, dtype=bool)) == value
    assert math.isnan(auc(np.array([1.0]), np.array([True])))


NAIVE = """recipe: pays-none
version: 1
answer: {none: [None], null_gold: unanswerable}
reward:
  correctness: {correct: 1.0, wrong: 0.0, no_answer: 0.0, false_none: 2.0}
  none: {correct: 2.0, missed: 0.0, no_answer: 0.0}
"""


def test_a_reward_that_rises_while_accuracy_does_not_is_flagged(tmp_path):
    recipe = tmp_path / "naive.yaml"
    recipe.write_text(NAIVE)
    pairs = []
    for name, shy in (("early", 0.05), ("late", 0.6)):
        folder = make(
            tmp_path / name, Simulated(name, 0.35, shy=shy), (*STANDARD, "data.generate.unanswerable=0")
        )
        score_run(folder, load_reader(str(recipe)), "reward")
        pairs.append((load_board(folder, "reward"), load_board(folder, "accuracy@1")))
    made = reward_against_truth(pairs)
    assert [one.flag for one in made.runs] == ["", "reward up, accuracy not"]
    assert made.runs[1].high_given_wrong.value > 0.3
    assert made.runs[1].auc.value < made.runs[0].auc.value
    honest = reward_against_truth([(load_board(folder, "accuracy@1"), load_board(folder, "reward"))])
    assert honest.runs[0].flag == ""


def invoke(*arguments):
    done = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_commands_print_tables_in_every_format(runs, tmp_path):
    base, tuned, same = (runs[name].path for name in ("base", "tuned", "same"))
    text = invoke("show", base)
    assert "greedy" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert invoke("show", base, "--format", "md").startswith("**base")
    assert json.loads(invoke("show", base, "--format", "json"))["metrics"][0]["metric"] == "accuracy"
    text = invoke("compare", base, tuned, "--flips", 2)
    assert "detectable" in text
    assert "gained" in text
    assert all(len(line) <= 80 for line in text.splitlines() if "pass@k" not in line)
    ablation = invoke("compare", base, tuned, same, "--format", "csv").splitlines()
    assert [line.split(",")[0] for line in ablation[:4]] == ["run", "base", "tuned", "same"]
    assert "last-boxed" in invoke("panel", base, "-p", "accuracy", "-p", "last-boxed")
    for suffix in ("jsonl", "csv", "parquet"):
        invoke("export", base, "-o", tmp_path / f"out.{suffix}", "--scores", "accuracy@1")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(rows) == 600
    assert {"id", "completion", "gold", "reward", "outcome", "terms"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("truth", "base", "--reward", "accuracy@1", "--judge", "again", "--arm", "best"),
            "base has no arm 'best'",
        ),
        (("panel", "base", "--format", "json"), "--format is text, md or csv; found 'json'"),
        (("show", "base", "--format", "xml"), "--format is text, md, csv or json; found 'xml'"),
        (("compare", "base", "same", "--column", "x"), "--column adds columns to the table"),
    ],
)
def test_what_a_command_does_not_take_is_said(runs, arguments, says):
    score_run(runs["base"], load_reader("accuracy"), name="again")
    paths = [str(runs[a].path) if a in runs else a for a in arguments]
    told = CliRunner().invoke(app, paths).exception
    for kind in ("json", "jsonl"):
        (runs["base"].scores / f"again.{kind}").unlink()
    assert isinstance(told, UsageError)
    assert says in str(told)


def test_columns_come_from_the_plan_beside_the_checkpoint(tmp_path):
    from rewardkit.evals.analysis.plan_columns import plan_columns

    folders = []
    for name, rate in (("a", 1), ("b", 2)):
        checkpoint = tmp_path / name / "grpo" / "checkpoint-5"
        checkpoint.mkdir(parents=True)
        (tmp_path / name / "plan.yaml").write_text(f"stages: [{{kind: grpo, learning_rate: {rate}}}]\n")
        policy = Simulated(name)
        policy.environment = lambda path=checkpoint: {"backend": "simulated", "path": str(path)}
        folders.append(make(tmp_path / f"run-{name}", policy, ("data.generate.n=4", "arms.sampled.n=1")))
    assert plan_columns(folders, ["stages.0.learning_rate"]) == [("stages.0.learning_rate", ["1", "2"])]
    with pytest.raises(UsageError, match=r"no plan of these runs has 'nope'"):
        plan_columns(folders, ["nope"])


def test_unusual_characters_are_counted_by_the_suites_sets(tmp_path):
    class Foreign(Simulated):
        """Every other completion ends in two characters that are not usual, and one that is."""

        def generate(self, requests):
            from dataclasses import replace

            for made in super().generate(requests):
                yield replace(made, text=made.text + "是＋≤") if made.index % 2 else made

    settings = ("data.generate.n=10", "arms.sampled.n=1")
    found = {}
    for name, more in (("plain", ()), ("chinese", ("characters=[ascii, math_operators, cjk]",))):
        board = load_board(make(tmp_path / name, Foreign("foreign"), (*settings, *more)))
        found[name] = {(m.name, m.arm): m for m in measures(board)}
        assert found[name]["unusual_outputs", "greedy"].estimate().value == 0.5
    assert found["plain"]["unusual_characters", "greedy"].num.sum() == 10
    assert found["chinese"]["unusual_characters", "greedy"].num.sum() == 5
    with pytest.raises(RecipeError, match=r"unknown character set 'cjl'; did you mean 'cjk'"):
        load_suite("arithmetic", ["characters=[cjl]"])


def test_runs_of_one_generator_are_not_said_to_cross(tmp_path):
    """Their curves meet somewhere in about half of all pairs, by noise alone."""
    settings = ("data.generate.n=60", "arms.sampled.n=8", "arms.greedy=null")
    paths = [make(tmp_path / f"{at}", Simulated(f"run {at}", 0.4), settings).path for at in range(6)]
    told = CliRunner().invoke(app, ["compare", *map(str, paths)])
    assert told.exit_code == 0, told.output
    assert "crosses at" not in told.output
    assert " ".join(told.output.split()).count("pass@k: cannot tell at any k up to 8") == 5


def test_a_gain_is_said_with_its_k(runs):
    made = compare([load_board(runs["base"]), load_board(runs["tuned"])])
    assert made.conclusions[1] == (
        "tuned: pass@k gains at k = 1 to 4 (95 % band over all k at once, 120 questions)."
    )
    assert encode(made)["curves"][0]["verdicts"] == ["gains"] * 4


def test_the_verdict_comes_first_and_is_holms_over_the_runs(runs):
    """Of the primary metric alone; of six runs the p of each is that of a family of five."""
    base, tuned, same = (load_board(runs[name]) for name in ("base", "tuned", "same"))
    alone = compare([base, tuned])
    row = found(alone, "accuracy", "greedy")
    assert row.adjusted == row.p  # one run is a family of one
    assert alone.conclusions[0] == (
        f"tuned is above base in greedy accuracy: {interval(row.difference, 'difference')}, p < .001 (exact McNemar)."
    )
    both = compare([base, tuned, same])
    rows = [r for r in both.rows if (r.metric, r.arm, r.column) == ("accuracy", "greedy", "")]
    assert [r.adjusted for r in rows] == holm([r.p for r in rows])
    assert "after Holm over 2 runs" in both.conclusions[0]
    assert both.conclusions[1].startswith(
        "Whether same differs from base in greedy accuracy cannot be told: "
    )
    assert {r.run for r in both.rows if math.isfinite(r.adjusted) and not r.column} == {"tuned", "same"}
    printed = CliRunner().invoke(app, ["compare", str(runs["base"].path), str(runs["tuned"].path)]).output
    assert " ".join(printed.split()).startswith(alone.conclusions[0])
    assert printed.count("pass@k gains") == 1


def test_only_the_primary_metric_has_a_star(runs, tmp_path):
    made = compare([load_board(runs["base"]), load_board(runs["tuned"])]).ablation()
    starred = [header for header, cell in zip(made.headers, made.rows[1], strict=True) if cell.endswith("*")]
    assert starred == ["accuracy (greedy)"]
    boards = [load_board(runs[name]) for name in ("base", "tuned")]
    for board in boards:
        board.suite = board.suite.model_copy(update={"primary": "pass@4"})
    made = compare(boards)
    assert (made.primary, encode(made)["primary"]) == (
        ("pass@4", "sampled"),
        {"metric": "pass@4", "arm": "sampled"},
    )
    assert " in pass@4: " in made.conclusions[0]
    assert "(exchange)" in made.conclusions[0]


def test_the_outlook_says_how_many_questions_two_points_take(runs):
    made = compare([load_board(runs["base"]), load_board(runs["same"])])
    row = found(made, "accuracy", "greedy")
    assert made.conclusions[-1] == (
        f"120 questions show a difference of {figure(row.detectable)} in greedy accuracy four times in five; one of "
        f".020 takes about {math.ceil(120 * (row.detectable / 0.02) ** 2):,} (rewardkit eval plan)."
    )


def test_the_plan_says_how_many_questions_a_difference_takes(runs):
    base, same = runs["base"].path, runs["same"].path
    lines = invoke("plan", base, same, "--detect", 2, "--format", "csv").splitlines()
    row = found(compare([load_board(runs["base"]), load_board(runs["same"])]), "accuracy", "greedy")
    needed = math.ceil(120 * (row.detectable / 0.02) ** 2)
    assert lines[0] == "metric,questions,detectable,questions for 2 points"
    assert lines[1].replace('"', "") == f"accuracy (greedy),120,{figure(row.detectable)},{needed:,}"
    four = invoke("plan", base, same, "--detect", 4, "--format", "csv").splitlines()[1]
    assert int(four.partition('"')[2].strip('"').replace(",", "")) == pytest.approx(needed / 4, abs=1)
    told = CliRunner().invoke(app, ["plan", str(base)]).exception
    assert "two runs" in str(told)


def test_the_planned_number_of_questions_has_the_power_that_it_says():
    """Greedy answers that turn right on 12 % and wrong on 7 %: five points, by exact McNemar."""
    rng = np.random.default_rng(4)
    pilot = rng.choice([1.0, -1.0, 0.0], p=[0.12, 0.07, 0.81], size=20_000)
    needed = math.ceil(20_000 * (minimum_detectable_difference(pilot) / 0.05) ** 2)
    gained, lost, _ = rng.multinomial(needed, [0.12, 0.07, 0.81], size=1500).T
    power = np.mean(
        [mcnemar_exact(*pair) < 0.05 for pair in zip(lost.tolist(), gained.tolist(), strict=True)]
    )
    assert 0.75 <= power <= 0.85


def test_a_primary_metric_that_the_arms_do_not_have_is_refused():
    assert load_suite("arithmetic", ["primary=pass@4"]).deciding == ("pass@4", "sampled")
    assert load_suite("arithmetic", ["arms.greedy=false"]).deciding == ("mean@n", "sampled")
    for setting, says in (
        (["arms.greedy=false", "primary=accuracy"], "accuracy needs a greedy arm"),
        (["primary=pass@3"], r"did you mean 'pass@\d'"),
        (["primary=tokens"], "primary"),
    ):
        with pytest.raises(RecipeError, match=says):
            load_suite("arithmetic", setting)
