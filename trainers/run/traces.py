"""The completions that a GRPO stage logged (`completions/*.parquet`), for `rewardkit.evals.traces` to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rewardkit.errors import DataError
from rewardkit.evals.traces import Trace

WANTED = ("prompt", "completion", "outcome", "prediction", "gold", "id", "tokens", "step")


def logged_completions(folder: Path) -> Iterator[Trace]:
    """Every logged completion of a stage's folder. Raises DataError if there are none."""
    import pyarrow.parquet as parquet

    files = sorted((folder / "completions").glob("*.parquet"))
    if not files:
        raise DataError("no completions were logged; the stage needs log_completions: true", str(folder))
    for path in files:
        table = parquet.read_table(path)
        missing = [name for name in ("prompt", "completion", "outcome") if name not in table.column_names]
        if missing:
            raise DataError(f"no column {', '.join(missing)}; not a table that rewardkit wrote", str(path))
        yield from table.select([name for name in WANTED if name in table.column_names]).to_pylist()
