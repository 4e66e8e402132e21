"""trainers -> evals -> the core, never back; and the core knows no trainer's library."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_import_contracts_hold():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_core_never_imports_a_trainer_library():
    for path in (ROOT / "rewardkit").rglob("*.py"):
        if any(parent.is_symlink() for parent in path.parents):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            roots = {name.split(".")[0] for name in names}
            assert not roots & {"torch", "trl", "vllm"}, f"{path}:{node.lineno}"
