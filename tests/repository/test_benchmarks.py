"""docs/benchmarks.md says what was measured, and every benchmark can still be started."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.bench import page

SCRIPTS = sorted(Path(page.__file__).parent.glob("bench_*.py"))


def test_the_page_is_what_its_figures_say():
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run: python -m tests.bench NAME"
    assert set(page.stored()) <= set(page.ROWS)


def test_a_row_that_is_not_on_the_page_is_refused():
    with pytest.raises(KeyError, match="add it to ROWS"):
        page.report("no such row", {})


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_benchmark_imports(script):
    done = subprocess.run(
        [sys.executable, "-c", f"import runpy; runpy.run_path({str(script)!r}, run_name='bench')"],
        capture_output=True,
        text=True,
        cwd=script.parents[2],
    )
    assert done.returncode == 0, done.stderr


def test_the_rows_of_the_large_benchmark_differ():
    rows = runpy.run_path(str(Path(page.__file__).with_name("rows.py")))["rows"]
    found = list(rows(4000))
    assert len({row["gold"] for row in found}) == 500
    assert len({row["completion"] for row in found}) == 4000
    assert found == list(rows(4000))
