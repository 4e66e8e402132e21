"""Run every benchmark of this folder, or one: `python -m tests.bench [NAME [ARGUMENT ...]]`, and write docs/benchmarks.md.

Each is a script of its own that measures rewardkit side by side with the alternative in one run and prints ratios. One
that needs a package that is not installed says so and is left out.
"""

import os
import subprocess
import sys
from pathlib import Path

from . import page

FOLDER = Path(__file__).parent


def main() -> int:
    scripts = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    name, *arguments = sys.argv[1:] or [""]
    if name and name not in scripts:
        print(f"no benchmark is called {name}; there are: {', '.join(scripts)}", file=sys.stderr)
        return 2
    codes = []
    for one in [name] if name else scripts:
        print(f"\n== {one}", flush=True)
        command = [sys.executable, str(scripts[one]), *arguments]
        codes.append(
            subprocess.run(command, check=False, env={**os.environ, "REWARDKIT_BENCH_PAGE": "1"}).returncode
        )
        page.write()
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
