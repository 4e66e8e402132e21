"""Harbor's Reward Kit has the same import name and command: where both are installed, the command says so."""

from pathlib import Path

import pytest


@pytest.fixture
def harbor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "harbor_rewardkit-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: harbor-rewardkit\nVersion: 0.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_both_installed(harbor, project, rewardkit) -> None:
    ran = rewardkit("list")
    assert (ran.code, ran.out) == (2, "")
    assert "harbor-rewardkit is installed in this environment too" in ran.err
    assert "pip uninstall harbor-rewardkit" in ran.err


def test_alone(project, rewardkit) -> None:
    assert rewardkit("list").code == 0
