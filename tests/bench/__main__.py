"""Run every benchmark of this folder, or those named: `python -m tests.bench [verify trl evals ...]`.

Each is a script of its own that measures rewardkit side by side with the alternative in one run and
prints ratios. One that needs a package that is not installed says so and is left out.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> int:
    scripts = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    asked = sys.argv[1:] or list(scripts)
    unknown = [name for name in asked if name not in scripts]
    if unknown:
        print(
            f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(scripts)}", file=sys.stderr
        )
        return 2
    codes = []
    for name in asked:
        print(f"\n== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, str(scripts[name])], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
