"""A run that is killed again and again, beside one that is not. Not a test: `test_kill_and_resume` runs it.

    python kill_and_resume.py PLAN FOLDER

Heavy imports are made once; every attempt is a fork, which kills itself with SIGKILL at an appointed place. Prints
one JSON object: how each attempt ended, and what it said.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path

import torch
import trl  # noqa: F401
from transformers import TrainerCallback
from trl import GRPOTrainer, SFTTrainer  # noqa: F401

import rewardkit.trainers.run.stage  # noqa: F401
from rewardkit.errors import RewardkitError
from rewardkit.trainers.plan.loading import load_plan
from rewardkit.trainers.run.run import run_plan

torch.set_num_threads(1)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class KillAt(TrainerCallback):
    """Kills the process in a stage at a step: at its end, or halfway through its checkpoint."""

    def __init__(self, stage, step, writing):
        self.stage, self.step, self.writing = stage, step, writing

    def on_step_end(self, args, state, control, **kwargs):
        if Path(args.output_dir).name != self.stage or state.global_step != self.step:
            return
        if not self.writing:
            die()
        torch.save = lambda *given, **options: die()  # the weights are written, the optimizer's state is next


class FullDisk(TrainerCallback):
    """From a step on, no file may grow beyond some bytes: what a full disk does, for one process."""

    def __init__(self, stage, step, size):
        self.stage, self.step, self.size = stage, step, size

    def on_step_end(self, args, state, control, **kwargs):
        if Path(args.output_dir).name == self.stage and state.global_step == self.step:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))


class KillInSaving(TrainerCallback):
    """Kills the process after the last step of a stage, before its model is moved to its place."""

    def __init__(self, stage):
        self.stage = stage

    def on_train_end(self, args, state, control, **kwargs):
        if Path(args.output_dir).name == self.stage:
            Path.rename = lambda path, target: die()


def attempt(plan, out, *callbacks):
    """Run in a fork: how it ended (0, or minus the signal), what it said, and the error if one was raised."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        said, error = [], None
        try:
            run_plan(load_plan(plan), out, callbacks=callbacks, say=said.append)
        except RewardkitError as raised:
            error = str(raised)
        os.write(writer, json.dumps({"said": said, "error": error}).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), **(json.loads(told) if told else {})}


def main(plan, folder):
    stages = ["01-sft-1", "02-grpo-1", "03-sft-2", "04-grpo-2"]
    found = {"kills": [], "unbroken": attempt(plan, folder / "unbroken")}
    for stage in stages:
        if stage == "03-sft-2":
            found["saving"] = attempt(plan, folder / "killed", KillInSaving("02-grpo-1"))
        found["kills"].append(attempt(plan, folder / "killed", KillAt(stage, 3, writing=False)))
        found["kills"].append(attempt(plan, folder / "killed", KillAt(stage, 4, writing=True)))
    found["full"] = {
        stage: attempt(plan, folder / f"full-{stage}", FullDisk(stage, 3, 100_000)) for stage in stages[:2]
    }
    found["last"] = attempt(plan, folder / "killed")
    found["again"] = attempt(plan, folder / "killed")
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
