"""What is installed: one import root, every package listed, nothing heavy in the core."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "rewardkit": "rewardkit",
    "evals": "rewardkit.evals",
    "trainers": "rewardkit.trainers",
    "recipes": "rewardkit.recipes",
}


def packages_on_disk() -> list[str]:
    found = []
    for room, name in ROOMS.items():
        for init in (ROOT / room).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT / room).parts
            linked = room == "rewardkit" and parts and (ROOT / room / parts[0]).is_symlink()
            if not linked:
                found.append(".".join([name, *parts]))
    return sorted(found)


def test_pyproject_lists_every_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert sorted(settings["tool"]["setuptools"]["packages"]) == packages_on_disk()


@pytest.mark.slow
def test_wheel_and_sdist_hold_everything_once_and_no_links(tmp_path):
    source = tmp_path / "source"
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, files.split("\0")):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to((ROOT / name).readlink())
        elif (ROOT / name).exists():
            target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(source)],
        check=True,
        capture_output=True,
    )
    [wheel] = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "rewardkit",
        next(n for n in names if "dist-info" in n).split("/")[0],
    }
    assert len(names) == len(set(names))
    data = [
        n for n in files.split("\0") if n.startswith("recipes/") and n.endswith((".yaml", ".lock", ".json"))
    ]
    for name in data:
        assert f"rewardkit/{name}" in names, name
    for package in packages_on_disk():
        assert package.replace(".", "/") + "/__init__.py" in names, package
    [sdist] = (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert not [member.name for member in archive if member.issym() or member.islnk()]


def test_core_dependencies_bring_in_no_torch():
    """Walk the installed metadata of the core's requirements; extras are not followed."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    todo, seen = ["rewardkit"], set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for line in requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name.lower())
    assert "sympy" in seen
    assert not seen & {"torch", "transformers", "trl", "vllm"}


@pytest.mark.parametrize("arguments", [["--help"], ["list"]])
def test_light_commands_import_nothing_heavy(arguments):
    code = (
        f"import sys; sys.argv = ['rewardkit', *{arguments!r}]\n"
        "from rewardkit.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'sympy', 'math_verify', 'pandas', 'numpy', 'torch', 'transformers', 'trl'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
