"""`rewardkit eval`: run, score, show, compare, plan, panel, truth, export, suites, schema.

Each command opens the run, calls the function that does the work, and prints.
Heavy packages are imported inside the commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rewardkit.documents import document, json_text
from rewardkit.errors import UsageError
from rewardkit.formatting import number_of
from rewardkit.pages.tables import print_tables

from .planning import plan

if TYPE_CHECKING:
    from .run import EvaluationRun, GenerationReport

app = typer.Typer(
    help="Evaluate a model: greedy beside pass@k, with honest error bars.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

Run = Annotated[Path, typer.Argument(help="The folder of an evaluation run.")]
app.command()(plan)
JSON_TOO = "text, md, csv or json"
Scores = Annotated[str | None, typer.Option(help="Which scoring pass; needed where there are several.")]


@app.command()
def run(
    suite: Annotated[str, typer.Argument(help="A shipped suite's name, or a YAML file.")],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="A folder, training run or stage, a hub name, a served name, or a file to replay.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The run's folder; runs/SUITE-MODEL by default.")
    ] = None,
    backend: Annotated[str, typer.Option(help="transformers, vllm, openai or replay.")] = "transformers",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-O", help="A backend's option, as batch_size=32. Repeatable."),
    ] = None,
    base_url: Annotated[
        list[str] | None,
        typer.Option(help="A server of the openai backend. Repeatable: they share the work."),
    ] = None,
    adapter: Annotated[str | None, typer.Option(help="A LoRA adapter's folder or hub name.")] = None,
    data: Annotated[Path | None, typer.Option(help="A file of rows in place of the suite's data.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only this many items, from the start.")] = None,
    n: Annotated[int | None, typer.Option("-n", help="Samples per prompt; can be raised later.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A suite's setting, as arms.sampled.temperature=0.7. Repeatable."),
    ] = None,
    token_ids: Annotated[bool, typer.Option(help="Store token ids in the log.")] = False,
    max_failures: Annotated[
        int, typer.Option(min=0, help="Stop when requests for more questions than this failed in every try.")
    ] = 20,
    score_too: Annotated[bool, typer.Option("--score/--no-score", help="Score and show when done.")] = True,
) -> None:
    """Generate what is missing, then score and show it. The same command resumes an interrupted run."""
    from .backends import open_backend
    from .profiles import load_reader
    from .run import EvaluationRun, generate_run
    from .run.progress import Bars
    from .suite.suite import load_suite

    settings = list(setting or [])
    if data is not None:
        settings += [
            f"data.path={_quoted(data.resolve())}",
            "data.hub=null",
            "data.config=null",
            "data.generate=null",
        ]
    if limit is not None:
        settings.append(f"data.limit={limit}")
    if n is not None:
        settings.append(f"arms.sampled.n={n}")
    made = load_suite(suite, settings)
    for reader in (made.recipe, *made.profiles):  # a name that is wrong is said before anything is generated
        load_reader(reader)
    if backend != "replay":  # said before a model is loaded
        made.check_decoding()
    options: dict[str, str] = {}
    for pair in option or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--option {pair}: write it as name=value, as in batch_size=32")
        options[name] = value
    for name, given in (("base_url", ",".join(base_url or []) or None), ("adapter", adapter)):
        if given is not None:
            options[name] = given
    folder = EvaluationRun(out or Path("runs") / f"{made.suite}-{Path(model).name}")
    console = Console(stderr=True)
    try:
        with open_backend(backend, model, options) as opened, Bars(console) as bars:
            report = generate_run(
                folder, made, opened, progress=bars, token_ids=token_ids, max_failures=max_failures
            )
    except KeyboardInterrupt:
        console.print(f"stopped; the same command resumes {folder.path}", markup=False, soft_wrap=True)
        raise
    _tell_generated(console, folder, report)
    gold = folder.suite().data.gold
    if made.data.gold is None and gold != "gold":
        console.print(f"columns: gold = {gold}", markup=False, highlight=False)
    if not report.generated + report.reused:
        if report.stopped:
            raise typer.Exit(1)
        raise UsageError(f"{folder.path}: no completion was generated, so there is nothing to score")
    if not score_too:
        console.print(f"next: rewardkit eval score {folder.path}", markup=False, soft_wrap=True)
    else:
        show(folder.path, scores=_score(folder.path, made.recipe, None))
    if report.missing:
        raise typer.Exit(1)


@app.command()
def score(
    run: Run,
    recipe: Annotated[
        str | None, typer.Option(help="name@version, a path, or a profile; the suite's by default.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A variant, as reward.x.above=5.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The pass's name; the recipe's by default.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many processes score.")] = None,
) -> None:
    """Score a run's completions with the suite's recipe or another one; can be repeated."""
    from .run import EvaluationRun

    suite = EvaluationRun.existing(run).suite()
    _score(run, recipe or suite.recipe, name, setting or [], workers)


@app.command()
def show(
    run: Run,
    scores: Scores = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every metric, not only the headline ones.")
    ] = False,
    slices: Annotated[bool, typer.Option(help="Also print tables by slice.")] = True,
    format: Annotated[str, typer.Option(help="text, md, csv or json.")] = "text",
) -> None:
    """Show the metrics of a scored run."""
    from rewardkit.files import write_whole

    from .analysis.board import load_board
    from .analysis.summary import summarise
    from .run import EvaluationRun

    folder = EvaluationRun.existing(run)
    made = summarise(load_board(folder, scores))
    write_whole(folder.path / "metrics.json", json_text(document("metrics", made)))
    tables = [] if format == "csv" else [made.ledger()]  # a table alone is what a program reads
    tables.append(made.table(everything=everything))
    tables += [made.slice_table(column) for column in made.columns()] if slices else []
    if format == "json":
        typer.echo(json_text(document("metrics", made)), nl=False)
    else:
        print_tables(tables, format, JSON_TOO)


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of evaluation runs, the baseline first.")],
    scores: Scores = None,
    anyway: Annotated[
        bool, typer.Option(help="Compare runs whose data, prompts, decoding or reading differ.")
    ] = False,
    table: Annotated[bool, typer.Option(help="Only the ablation table, one row per run.")] = False,
    column: Annotated[
        list[str] | None,
        typer.Option(help="A setting of the training run's plan, as its own column. Repeatable."),
    ] = None,
    flips: Annotated[
        int, typer.Option(help="Show this many flipped questions, both completions side by side.")
    ] = 0,
    slices: Annotated[bool, typer.Option(help="Also print tables by slice.")] = False,
    profiles: Annotated[
        bool,
        typer.Option("--profiles", help="Also compare under each of the suite's readers, or those of -p."),
    ] = False,
    profile: Annotated[
        list[str] | None, typer.Option("--profile", "-p", help="A reader for --profiles. Repeatable.")
    ] = None,
    format: Annotated[str, typer.Option(help="text, md, csv or json.")] = "text",
) -> None:
    """Compare runs with a baseline, paired by question."""
    from .analysis.board import load_board
    from .analysis.duplicates import repeated
    from .analysis.flips import side_by_side
    from .analysis.paired import compare as compare_boards
    from .analysis.plan_columns import plan_columns
    from .analysis.readers import compare_readers
    from .run import EvaluationRun

    if (profiles or profile) and (table or format in ("csv", "json")):
        raise UsageError("--profiles adds tables to the text; leave out --table, or --format")
    if column and not (table or format == "csv"):
        raise UsageError("--column adds columns to the table that --table prints; give both")
    folders = [EvaluationRun.existing(path) for path in runs]
    made = compare_boards([load_board(folder, scores) for folder in folders], anyway=anyway)
    if format == "json":
        typer.echo(json_text(document("comparison", made)), nl=False)
        return
    if table or format == "csv":
        print_tables([made.ablation(plan_columns(folders, column or []))], format)
        return
    for sentence in made.conclusions:
        Console(markup=False, highlight=False).print(sentence)
    typer.echo()
    print_tables([made.ledger_table(), *made.tables(slices=slices)], format, JSON_TOO)
    for note in [*made.notes(), *repeated(folders[0])]:
        Console(markup=False, highlight=False).print(note)
    if made.columns() and not slices:
        typer.echo(f"by {', '.join(made.columns())}: --slices")
    if profiles or profile:
        suite = folders[0].suite()
        read = compare_readers(folders, made.names, profile or [suite.recipe, *suite.profiles])
        typer.echo()
        print_tables(read.tables(), format)
        for sentence in read.warnings():
            Console(markup=False, highlight=False).print(sentence)
    if flips:
        side_by_side(made, folders, flips)


@app.command()
def panel(
    run: Run,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", "-p", help="A profile or recipe; the suite's by default. Repeatable."),
    ] = None,
    examples: Annotated[int, typer.Option(help="How many completions on which they disagree to show.")] = 5,
    format: Annotated[str, typer.Option(help="text, md or csv.")] = "text",
) -> None:
    """Read the same completions in several ways and show where the readings differ."""
    from .analysis.panel import panel as read_panel
    from .run import EvaluationRun

    folder = EvaluationRun.existing(run)
    suite = folder.suite()
    made = read_panel(folder, profile or [suite.recipe, *suite.profiles], examples=examples)
    print_tables(made.tables(), format)
    for item, arm, sample, yes, no in made.examples if format == "text" else ():
        typer.echo(f"{item} {arm} {sample}: right by {', '.join(yes)}; not by {', '.join(no)}")


@app.command()
def truth(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, ordered by checkpoint.")],
    reward: Annotated[str, typer.Option(help="The scoring pass of the training reward.")],
    judge: Annotated[str, typer.Option(help="The scoring pass of an independent reader.")],
    arm: Annotated[str | None, typer.Option(help="greedy or sampled.")] = None,
    format: Annotated[str, typer.Option(help="text, md or csv.")] = "text",
) -> None:
    """Compare a training reward with an independent reading of the same completions."""
    from .analysis.board import load_board
    from .analysis.truth import reward_against_truth
    from .run import EvaluationRun

    folders = [EvaluationRun.existing(path) for path in runs]
    pairs = [(load_board(folder, reward), load_board(folder, judge)) for folder in folders]
    print_tables([reward_against_truth(pairs, arm).table()], format)


@app.command()
def export(
    run: Run,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .jsonl, .csv or .parquet file.")],
    scores: Scores = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="Only an SFT set of the right completions (prompt, completion).")
    ] = False,
    order: Annotated[str, typer.Option(help="With --correct: shortest or diverse first.")] = "shortest",
    per_prompt: Annotated[int, typer.Option(min=1, help="With --correct: how many per prompt.")] = 1,
) -> None:
    """Write a scored run as a flat table, one row per completion, or only its right completions for SFT."""
    from .analysis.export import export as write
    from .analysis.export import export_correct
    from .run import EvaluationRun

    folder = EvaluationRun.existing(run)
    if not correct:
        typer.echo(f"{out}: {number_of(write(folder, out, scores), 'completion')}")
        return
    if order not in ("shortest", "diverse"):
        raise UsageError(f"--order is shortest or diverse; found '{order}'")
    written = export_correct(folder, out, scores, order, per_prompt)
    typer.echo(f"{out}: {number_of(written, 'right completion')}")


@app.command()
def pictures(
    runs: Annotated[list[Path], typer.Argument(help="Folders of evaluation runs.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A folder for the pictures.")],
    scores: Scores = None,
    format: Annotated[str, typer.Option(help="svg or png.")] = "svg",
) -> None:
    """Write the pictures of a report as files: curves, slices, pass rates, outcomes, lengths."""
    from rewardkit.pages.draw import save

    from .analysis.board import load_board
    from .report import charts
    from .run import EvaluationRun

    boards = {path.name: load_board(EvaluationRun.existing(path), scores) for path in runs}
    drawn = {
        "curves": charts.curves(boards),
        "pass-rates": charts.pass_rates(boards),
        "outcomes": charts.outcomes(boards),
        "lengths": charts.lengths(boards),
    }
    for column in next(iter(boards.values())).suite.slices:
        drawn[f"by-{column}"] = charts.slices(boards, column)
    out.mkdir(parents=True, exist_ok=True)
    for name, chart in drawn.items():
        if chart is not None:
            save(chart, out / f"{name}.{format}")
            typer.echo(out / f"{name}.{format}")


@app.command()
def suites() -> None:
    """List the suites that come with rewardkit."""
    from rewardkit.pages.tables import Table

    from .suite.suite import load_suite, shipped_suites

    rows = [[name, load_suite(path).about] for name, path in shipped_suites().items()]
    Table(["suite", "about"], rows, words=(0, 1)).print()


@app.command()
def schema() -> None:
    """Print the JSON Schema of suites, for editors."""
    from .suite.suite import suite_schema

    typer.echo(suite_schema(), nl=False)


def _tell_generated(console: Console, folder: EvaluationRun, report: GenerationReport) -> None:
    """What a session made, what is missing and why."""
    lines = [
        f"{folder.path}: {report.generated} generated, {report.reused} kept, {report.missing} missing "
        f"({report.seconds:.1f} s, of them {report.backend_seconds:.1f} s in the backend)",
        *report.remarks,
        *report.reasons,
    ]
    if report.stopped:
        lines.append(f"stopped: {report.stopped} (--max-failures sets how many may)")
    if report.aborted + report.refused or report.stopped:
        lost = f"{report.aborted} aborted, {report.refused} refused or failed"
        lines.append(f"{lost}; the same command asks for what is missing again")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _score(
    path: Path, recipe: str, name: str | None, settings: list[str] | None = None, workers: int | None = None
) -> str:
    from .profiles import load_reader
    from .run import EvaluationRun
    from .run.score import score_run

    folder = EvaluationRun.existing(path)
    report = score_run(
        folder, load_reader(recipe, settings or []), name, asked="" if settings else recipe, workers=workers
    )
    Console(stderr=True).print(
        f"{path}: {number_of(report.scored, 'completion')} scored by {report.recipe} ({report.digest}) as '{report.name}'",
        highlight=False,
    )
    for doubt in report.odd:
        typer.echo(f"warning: nearly nothing is right: {doubt}", err=True)
    return report.name


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
