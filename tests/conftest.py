"""What every test may ask for."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, and no test is about time.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that is not part of the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real data not found at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture
def only_built_in_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds that other test modules registered when they were collected are hidden from this test."""
    from rewardkit import TERMS

    built_in = {
        name: path
        for name, path in TERMS._paths.items()
        if path.startswith(("rewardkit.terms.kinds.", "rewardkit.terms.combinators:"))
    }
    monkeypatch.setattr(TERMS, "_paths", built_in)
    monkeypatch.setattr(TERMS, "_classes", {n: c for n, c in TERMS._classes.items() if n in built_in})


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder, which is the working directory."""
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rewardkit(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs `rewardkit ARGS...`."""
    monkeypatch.setenv("COLUMNS", "200")

    from rewardkit.__main__ import main

    def run(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["rewardkit", *args])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Ran(int(left.value.code or 0), out, err)

    return run
