"""What goes into a page and what comes out of it, without a browser."""

import json
import random
import re
import string

import pytest
from page_material import WRITTEN, write_run

from rewardkit.documents import encode
from rewardkit.errors import DataError, UsageError
from rewardkit.evals.report import build, make_page
from rewardkit.evals.report.folders import folder_reports
from rewardkit.evals.report.sources import SourceKind, recognise, short_names
from rewardkit.pages.completions import COLUMNS, Completions
from rewardkit.pages.draw import PAPER
from rewardkit.pages.page import HERE, Page


def section(page, title):
    [found] = [one for one in page.sections if one.title == title]
    return found


# --- sources ----------------------------------------------------------------------------------------


def test_sources_are_known_by_what_they_are(made):
    given = [made / "runs" / "base", made / "training", made / "check.json", "playground-none@0"]
    kinds = [source.kind for source in recognise(given)]
    assert kinds == [SourceKind.EVALUATION, SourceKind.FOLDER, SourceKind.AUDIT, SourceKind.RECIPE]


def test_a_folder_stands_for_the_runs_in_it(made):
    found = recognise([made])
    assert [(source.kind, source.path.name) for source in found] == [
        (SourceKind.EVALUATION, "base"),
        (SourceKind.EVALUATION, "trained"),
        (SourceKind.FOLDER, "training"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("nothing", None, "no such file"),
        ("empty/", None, "contains no run"),
        ("a.json", "{", "not JSON"),
        ("a.json", '{"x": 1}', "JSON of an unknown kind"),
        ("a.txt", "x", "cannot tell from its name"),
    ],
)
def test_what_is_no_source_is_refused_with_what_would_be(tmp_path, name, content, fault):
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    elif content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=fault) as told:
        recognise([path])
    assert "a report takes" in str(told.value) or "not JSON" in str(told.value)


def test_names_are_the_shortest_that_tell_runs_apart(tmp_path):
    paths = [tmp_path / "a" / "x", tmp_path / "b" / "x", tmp_path / "y"]
    assert short_names(paths) == ["a/x", "b/x", "y"]


# --- evaluation runs --------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_table(made):
    page = make_page([made / "runs" / "base", made / "runs" / "trained"])
    plain = encode(section(page, "Summary").plain)
    for name, summary in zip(WRITTEN, plain, strict=True):
        greedy, samples = WRITTEN[name]
        found = {(row["metric"], row["arm"]): row["value"] for row in summary["metrics"]}
        assert found["accuracy", "greedy"] == pytest.approx(sum(greedy) / 8)
        assert found["mean@4", "sampled"] == pytest.approx(sum(samples) / 32)
        assert found["pass@4", "sampled"] == pytest.approx(sum(c > 0 for c in samples) / 8)
    flips = section(page, "Flipped questions").blocks[0]
    assert (flips.gained, flips.lost) == (2, 1)
    assert {(flip.item, flip.gained) for flip in flips.flips} == {("q2", False), ("q3", True), ("q4", True)}


def test_the_page_says_first_what_can_be_concluded_and_says_it_once(made):
    page = make_page([made / "runs" / "base", made / "runs" / "trained"])
    lead = section(page, "Summary").lead
    assert page.sections[0].lead == lead
    assert lead.startswith("Whether trained differs from base in greedy accuracy cannot be told: +.125 [")
    assert page.markdown().count("8 questions cannot tell; a band needs at least 30") == 1


def test_runs_that_differ_stand_apart_and_say_why(made, tmp_path):
    other = write_run(tmp_path, "trained")
    suite = other / "run.json"
    meta = json.loads(suite.read_text())
    meta["decoding"]["sampled"]["temperature"] = 0.6
    suite.write_text(json.dumps(meta))
    page = make_page([made / "runs" / "base", other])
    titles = [one.title for one in page.sections]
    assert "Differences" not in titles
    [apart] = [one for one in page.sections if one.title.startswith("Summary: small (")]
    assert "Not compared with the others" in apart.lead
    assert "temperature 1.0 / 0.6" in apart.lead
    together = make_page([made / "runs" / "base", other], anyway=True)
    assert "Compared nevertheless" in section(together, "Summary").lead


def test_a_run_without_scores_is_refused(made, tmp_path):
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(made / "runs" / "base", folder)
    shutil.rmtree(folder / "scores")
    with pytest.raises(UsageError, match="not scored yet"):
        make_page([folder])


def test_a_panel_where_a_run_was_read_in_several_ways(made, tmp_path):
    import shutil

    from rewardkit.evals.profiles import load_reader
    from rewardkit.evals.run import EvaluationRun
    from rewardkit.evals.run.score import score_run

    shutil.copytree(made / "runs" / "base", tmp_path / "run")
    folder = EvaluationRun(tmp_path / "run")
    score_run(folder, load_reader("math-none@0"), asked="math-none@0")
    board = json.loads((folder.scores / "playground-none@1.json").read_text())
    board["asked"] = "playground-none@1"  # the suite's own, as `eval run` would write it
    (folder.scores / "playground-none@1.json").write_text(json.dumps(board))
    page = make_page([folder.path])
    text = "\n".join(block.markdown() for block in section(page, "Extraction panel").blocks)
    assert "math-none@0" in text
    assert "any says right" in text
    [agreed] = section(page, "Reward against truth").plain
    assert (agreed["reward"], agreed["judge"]) == ("playground-none@1", "math-none@0")
    [row] = agreed["runs"]
    assert row["accuracy"].startswith(".469 [")  # 15 of the 32 samples
    assert row["flag"] == ""


def test_the_reward_has_nothing_to_be_held_against_where_runs_were_read_in_one_way(made):
    assert "Reward against truth" not in [one.title for one in make_page([made / "runs"]).sections]


# --- training, audits, scores -----------------------------------------------------------------------


def test_training_is_read_from_its_files(made):
    page = make_page([made / "training"])
    training = section(page, "Training")
    assert [(one["stage"], one["steps"]) for one in training.plain] == [("sft", 20), ("grpo", 10)]
    names = {picture.name for picture in training.pictures()}
    assert {"training-loss", "training-reward", "training-right", "training-false-none"} <= names
    assert {"terms-training-grpo", "training-outcomes-training-grpo"} <= names
    assert section(page, "Warnings").plain[0]["warning"] == "false_none"
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in page.completions.rows(10)]
    assert [(row["item"], row["sample"]) for row in rows] == [("train-1", 1), ("train-2", 2)]
    text, (start, stop) = rows[1]["text"], rows[1]["span"]
    assert text[start:stop] == "2"
    assert rows[1]["terms"] == [
        {"label": "correctness", "kind": "", "value": 1.0},
        {"label": "none", "kind": "", "value": None},
    ]


def test_evaluations_within_a_stage_stand_in_the_order_of_their_steps(made):
    found = section(make_page([made / "training"]), "Evaluations while training")
    assert [(one["stage"], one["checkpoint"]) for one in found.plain] == [
        ("training: grpo", "step 5"),
        ("training: grpo", "final"),
    ]
    [table] = [block.table for block in found.blocks]
    by_header = [dict(zip(table.headers, row, strict=True)) for row in table.rows]
    assert [row["accuracy (greedy)"][:4] for row in by_header] == [".500", ".625"]  # 4 and 5 of 8
    assert [row["mean@4 (sampled)"][:4] for row in by_header] == [".469", ".531"]  # 15 and 17 of 32
    assert {"pass@1 (sampled)", "pass@4 (sampled)", "none_recall (greedy)"} <= set(table.headers)
    assert "pass@2 (sampled)" not in table.headers


def test_audits_come_as_json_or_as_recipes(made):
    written = make_page([made / "check.json"])
    checked = make_page(["playground-none@0", "playground-none@1"])
    told = [section(page, "Audits").plain for page in (written, checked)]
    assert json.loads(json.dumps(told[1])) == told[0]
    text = written.markdown()
    for finding in told[0][0]["findings"]:
        assert finding["sentence"] in text


def test_diffs_and_advantages(tmp_path, rewardkit):
    code, out, _ = rewardkit("diff", "playground-none@0", "playground-none@1", "--json")
    assert code in (0, 1)
    (tmp_path / "diff.json").write_text(out)
    page = make_page([tmp_path / "diff.json"])
    assert page.sections[0].title == "Diff: playground-none@0 to playground-none@1"
    assert "false_none" in page.markdown() or "false_positive" in page.markdown()
    assert page.html()


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_score_files_with_the_texts_they_were_made_from(tmp_path, rewardkit, ending):
    rows = [
        {
            "id": str(i),
            "prompt": "?",
            "completion": f"I add.\n<answer>{i % 2}</answer>",
            "gold": "1",
            "tokens": 12,
        }
        for i in range(6)
    ]
    data, out = tmp_path / "rows.jsonl", tmp_path / f"scores.{ending}"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert rewardkit("score", "playground-none@1", data, "-o", out)[0] == 0
    page = make_page([out])
    assert section(page, "Scores: scores." + ending).plain["outcomes"] == {"wrong": 3, "correct": 3}
    assert "texts are not shown" not in page.markdown()
    assert page.completions.rows(1)[0][COLUMNS.index("text")] == rows[0]["completion"]
    data.write_text(data.read_text() + "\n")  # no longer what was scored
    assert "texts are not shown" in make_page([out]).markdown()


def test_a_file_that_is_no_score_file_is_named_with_its_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": 1}\n')
    with pytest.raises(DataError, match=r"rows.jsonl:1: not a score file \(no total, outcome"):
        make_page([path])


# --- what is written --------------------------------------------------------------------------------


def test_the_page_is_one_file_that_asks_for_nothing(made, tmp_path):
    html = build([made / "runs" / "base", made / "training"], tmp_path / "page.html").read_text()
    assert re.findall(r"""(?:src|href)=["'](?!#|data:,)[^"']+""", html) == []
    assert "@import" not in html
    assert "Content-Security-Policy" in html


def test_one_page_of_the_same_runs_is_always_the_same(made, tmp_path):
    texts = [build([made / "runs" / "base"], tmp_path / name).read_text() for name in ("a.html", "b.html")]
    assert texts[0] == texts[1]


def test_markdown_with_pictures(made, tmp_path):
    out = build([made / "runs" / "base"], tmp_path / "page.md", "md", pictures=tmp_path / "drawn")
    linked = re.findall(r"!\[[^\]]*\]\((drawn/[^)]+\.svg)\)", out.read_text())
    assert linked
    for name in linked:
        assert (tmp_path / name).read_text().startswith("<svg")
        assert (tmp_path / name).with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_json(made, tmp_path):
    claim = {"text": "it rises", "holds": False, "told": "by -1"}
    out = build([made / "runs" / "base"], tmp_path / "page.json", "json", title="T", intro=["Words.", claim])
    plain = json.loads(out.read_text())
    assert (plain["title"], plain["about"], plain["claims"]) == ("T", ["Words."], [claim])
    assert "Summary" in plain["sections"]


def test_the_command(made, tmp_path, rewardkit):
    code, out, err = rewardkit("report", made / "runs" / "base", "-o", tmp_path / "page.md")
    assert (code, err) == (0, "")
    assert out.startswith(f"wrote {tmp_path / 'page.md'}")
    assert (tmp_path / "page.md").read_text().startswith("# base\n")
    code, _, err = rewardkit("report", tmp_path / "absent")
    assert code == 2
    assert "no such file" in err


def row(text, **more):
    plain = dict.fromkeys(COLUMNS, "") | {
        "text": text,
        "terms": [],
        "slices": {},
        "span": None,
        "reward": 0.5,
    }
    return plain | {"sample": 0, "tokens": 9, "outcome": "correct"} | more


@pytest.mark.parametrize("letters", ["words", string.printable], ids=["words", "noise"])
def test_five_thousand_completions_of_a_kilobyte_take_less_than_ten_megabytes(made, letters):
    drawn = random.Random(0)
    table = Completions()
    vocabulary = ["".join(drawn.choices(string.ascii_lowercase, k=drawn.randint(2, 9))) for _ in range(5000)]
    for place in range(5000):
        if letters == "words":
            text = " ".join(drawn.choices(vocabulary, k=170))[:1000]
        else:
            text = "".join(drawn.choices(letters, k=1000))
        table.add(
            row(text, item=f"q{place // 8}", sample=place % 8, prompt=f"Question {place // 8}?"), tier=1
        )
    page = make_page([made / "runs" / "base", made / "training"])
    html = Page("big", page.sections, table).html()
    assert len(html.encode()) < 10_000_000
    assert "are on this page" not in html  # none is left out


def test_what_does_not_fit_is_left_out_and_said():
    drawn = random.Random(0)
    table = Completions(limit=30_000)
    for place in range(12_000):
        table.add(row("".join(drawn.choices(string.printable, k=1000)), item=f"q{place}"), tier=place % 2)
    html = Page("big", [], table).html()
    assert len(html.encode()) < 10_000_000
    assert re.search(r"[\d,]+ of 12,000 are on this page: greedy ones first", html)


def test_the_pictures_on_paper_have_the_pages_light_colours():
    css = (HERE / "style.css").read_text()
    light = css[: css.index("@media")]
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", light))
    assert {name: found[name.replace("_", "-")] for name in PAPER} == PAPER


def test_a_folder_of_another_package_gets_its_sections(tmp_path, rewardkit, monkeypatch):
    package = tmp_path / "site"
    (package / "looms-1.dist-info").mkdir(parents=True)
    (package / "looms-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: looms\nVersion: 1\n"
    )
    (package / "looms-1.dist-info" / "entry_points.txt").write_text("[rewardkit.reports]\nlooms = looms\n")
    (package / "looms.py").write_text(
        "from rewardkit.pages.blocks import Prose\n"
        "from rewardkit.pages.page import Section\n"
        "kind = 'loom'\n"
        "def reads(folder): return (folder / 'loom.txt').is_file()\n"
        "def sections(runs, completions, shown):\n"
        "    return [Section('Looms', [Prose((path / 'loom.txt').read_text()) for path in runs.values()])]\n"
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "loom.txt").write_text("Twelve threads.")
    monkeypatch.syspath_prepend(package)
    folder_reports.cache_clear()
    try:
        code, _, err = rewardkit("report", tmp_path / "mine", "-o", tmp_path / "page.md")
    finally:
        folder_reports.cache_clear()
    assert (code, err) == (0, "")
    page = (tmp_path / "page.md").read_text()
    assert "## Looms\n\nTwelve threads." in page
    assert f"| {tmp_path / 'mine'} | loom |" in page
