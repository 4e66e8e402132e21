"""A folder of runs, the command line, and a browser."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for page_material

from page_material import WRITTEN, write_run, write_training

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A folder with runs/base, runs/trained, training/, check.json."""
    pytest.importorskip("altair")
    folder = tmp_path_factory.mktemp("page")
    for name in WRITTEN:
        write_run(folder, name)
    write_training(folder / "training")
    from rewardkit.audit import check
    from rewardkit.documents import encode
    from rewardkit.recipe.loading import load_recipe

    audits = [encode(check(load_recipe(f"playground-none@{version}"))) for version in (0, 1)]
    (folder / "check.json").write_text(json.dumps({"audits": audits}))
    return folder


@pytest.fixture
def rewardkit(capsys, monkeypatch):
    """The command line in this process: (exit code, output, errors)."""
    from rewardkit.__main__ import main

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["rewardkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture(scope="module")
def chromium():
    """A real browser without a screen."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()
