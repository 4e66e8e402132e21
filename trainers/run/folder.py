"""The run folder: everything a run writes, and what a killed run resumes from.

    plan.yaml                the resolved plan; another plan is refused here
    run.json                 recipes with their digests, versions of everything, seeds, settings
    recipes/STAGE.yaml       each stage's recipe, resolved
    run.lock                 held while a run is active here
    metrics.jsonl            one row per logged step, over all stages; no step twice, none missing after a kill
    NN-STAGE/
        data.json            how many rows the stage has, and their digest
        checkpoint-N/        TRL's checkpoints
        completions/         every logged completion with outcome, prediction, terms and explanation
        warnings.jsonl       what the watch said
        evals/               evaluations
        adapter/, model/     the result; `model` is complete, and what the next stage starts from
        done.json            written last

Files that mark something as finished are written beside their place and moved there, so that they are whole or absent.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rewardkit.errors import RewardkitError, UsageError
from rewardkit.files import write_whole
from rewardkit.runs.folder import RunFolder, read_json, write_json
from rewardkit.runs.log import read_rows, write_rows

from ..plan.loading import Resolved

CHECKPOINT = re.compile(r"checkpoint-(\d+)")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_WORDS = ("no space left", "file too large", "disk quota", "pytorchstreamwriter failed", "unexpected pos")


class DiskFull(RewardkitError):
    """Something could not be written because the disk is full."""


class TrainingRun(RunFolder):
    """Paths and records of a run."""

    kind = "training-run"
    lock_name = "run.lock"

    def stage(self, at: int, name: str) -> Path:
        """The folder of a stage."""
        return self.path / f"{at + 1:02d}-{name}"

    @property
    def metrics(self) -> Path:
        """The table of metrics."""
        return self.path / "metrics.jsonl"

    def begin(self, plan: str, record: Mapping[str, Any]) -> list[str]:
        """Claim the folder for a plan; returns the changes since it was started that do not matter.

        Raises UsageError if it was started with another plan, recipe or number of processes.
        """
        written = self.path / "plan.yaml"
        if written.is_file() and written.read_text(encoding="utf-8") != plan:
            raise UsageError(
                f"{self.path} holds a run of another plan ({_first_difference(written.read_text(encoding='utf-8'), plan)}); "
                "give another --out, or remove that run"
            )
        former = self.manifest()
        for stage, recipe in record["recipes"].items():
            before = former.get("recipes", {}).get(stage, recipe)
            if before["digest"] != recipe["digest"]:
                raise UsageError(
                    f"{self.path} was started with {before['ref']} {before['digest']}, which is now {recipe['digest']}; "
                    "restore the recipe, or give another --out"
                )
        before = former.get("processes", record.get("processes"))
        if before != record.get("processes") and self._unfinished():
            raise UsageError(
                f"{self.path} was started with {before} processes, and its checkpoints need as many to resume; now there "
                f"are {record['processes']}. Launch {before}, or remove {self._unfinished()} to train that stage again"
            )
        write_whole(written, plan)
        history = [*former.get("history", []), record["versions"]]
        kept = [one for at, one in enumerate(history) if at == 0 or one != history[at - 1]]
        self.write_manifest({**record, "history": kept})
        last = former.get("versions", record["versions"])
        return [
            f"{name} was {last.get(name, 'not installed')} when this run was last active, and is {now}"
            for name, now in record["versions"].items()
            if last.get(name) != now
        ]

    def _unfinished(self) -> Path | None:
        """The folder of a stage that has checkpoints and is not done."""
        found = (path.parent for path in sorted(self.path.glob("*/checkpoint-*")))
        return next((path for path in found if not (path / "done.json").is_file()), None)

    def same_data(self, stage: Path, rows: Sequence[Mapping[str, Any]], step: int) -> None:
        """Record what a stage learns from. Raises UsageError if it resumes after a step and had learnt from other rows."""
        digest = hashlib.sha256()
        for row in rows:
            digest.update(json.dumps(row, sort_keys=True, default=str).encode())
        now = {"rows": len(rows), "digest": digest.hexdigest()[:16]}
        before = read_json(stage / "data.json")
        if step and before is not None and before != now:
            raise UsageError(
                f"{stage} is at step {step} with {before['rows']} rows ({before['digest']}), and the data now have "
                f"{now['rows']} ({now['digest']}); restore the data, or remove {stage} to train the stage again"
            )
        write_json(stage / "data.json", now)

    def done(self, at: int, name: str) -> dict[str, Any] | None:
        """What was written when the stage finished, or None."""
        return read_json(self.stage(at, name) / "done.json")

    def rewind(self, stage: str, step: int) -> None:
        """Remove the rows of a stage after `step`, its last evaluation, and a line that a kill left incomplete."""
        rows = read_rows(self.metrics)
        kept = [
            row for row in rows if row["stage"] != stage or (row["step"] <= step and not row.get("final"))
        ]
        write_rows(self.metrics, kept)


def last_complete(folder: Path, world_size: int = 1) -> tuple[Path, int] | None:
    """The newest checkpoint from which training can resume, with its step.

    Trainers do not write checkpoints atomically. The trainer's state is written last, so if it is valid JSON, all
    before it was written; weights, optimizer, scheduler and random state are looked for too, because an older
    checkpoint may have been half removed.
    """
    found = []
    for path in folder.glob("checkpoint-*"):
        match = CHECKPOINT.fullmatch(path.name)
        if match and _complete(path, int(match[1]), world_size):
            found.append((int(match[1]), path))
    if not found:
        return None
    step, path = max(found)
    return path, step


def _complete(path: Path, step: int, world_size: int) -> bool:
    state = read_json(path / "trainer_state.json")
    if state is None or state.get("global_step") != step:
        return False
    sharded = any(path.glob("global_step*")) or any(path.glob("pytorch_model_fsdp*"))
    if not sharded and not ((path / "optimizer.pt").is_file() and (path / "scheduler.pt").is_file()):
        return False
    randoms = (
        ["rng_state.pth"] if world_size == 1 else [f"rng_state_{rank}.pth" for rank in range(world_size)]
    )
    if not all((path / name).is_file() for name in randoms):
        return False
    return sharded or whole_weights(path)


def whole_weights(path: Path) -> bool:
    """Whether a checkpoint holds weights that are not sharded over processes."""
    index = read_json(path / "model.safetensors.index.json")
    if index is not None:
        return all((path / shard).is_file() for shard in set(index["weight_map"].values()))
    return any((path / name).is_file() for name in ("model.safetensors", "adapter_model.safetensors"))


def drop_incomplete(folder: Path, kept: int) -> list[str]:
    """Remove checkpoints after step `kept`: they are incomplete, and would be taken for complete ones."""
    gone = []
    for path in sorted(folder.glob("checkpoint-*")):
        match = CHECKPOINT.fullmatch(path.name)
        if match and int(match[1]) > kept:
            shutil.rmtree(path)
            gone.append(path.name)
    return gone


def resumes(folder: TrainingRun, resolved: Resolved) -> str:
    """What the same command would do next."""
    processes = (read_json(folder.path / "run.json") or {}).get("processes") or 1
    for at, stage in enumerate(resolved.plan.stages):
        if folder.done(at, stage.name) is None:
            last = last_complete(folder.stage(at, stage.name), processes)
            return (
                f"resumes stage '{stage.name}' at step {last[1]}" if last else f"starts stage '{stage.name}'"
            )
    return "finds every stage done"


@contextmanager
def disk_faults(folder: Path, next_start: Callable[[], str]) -> Iterator[None]:
    """Turn a full disk into a message that says where, and what the same command would then do (`next_start`)."""
    try:
        yield
    except DiskFull:
        raise
    except Exception as error:
        if not is_disk_full(error):
            raise
        free = f"{shutil.disk_usage(folder).free // 2**20} MiB free; " if folder.is_dir() else ""
        raise DiskFull(
            f"{folder}: the disk is full ({free}{str(error)[:160]}); make room, or lower save_total_limit; then the same "
            f"command {next_start()}"
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Whether an error, from whichever library, means that the disk is full."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    return any(word in str(error).casefold() for word in FULL_WORDS)


def _first_difference(before: str, now: str) -> str:
    for old, new in zip(before.splitlines(), now.splitlines(), strict=False):
        if old != new:
            return f"'{old.strip()}' there, '{new.strip()}' now"
    return "one of them is longer"
