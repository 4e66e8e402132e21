"""docs/reference.md says what the code says now."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("reference.py")


def test_the_reference_is_what_the_code_says(tmp_path):
    code = (
        f"import runpy; space = runpy.run_path({str(SCRIPT)!r}); "
        "import sys; sys.stdout.reconfigure(encoding='utf-8'); sys.stdout.write(space['page']())"
    )
    # In a process and a folder of its own, so that no test's kinds are among the registered ones.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=tmp_path)
    page = SCRIPT.parents[2] / "docs" / "reference.md"
    assert page.read_text(encoding="utf-8") == done.stdout.decode(), "run: python tests/docs/reference.py"
