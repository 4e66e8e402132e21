"""A run that gets real signals, beside one that does not. Not a test: `test_told_to_stop` runs it, by torchrun for two.

    told_to_stop.py PLAN FOLDER RANK SIGNAL ..

The run in FOLDER/stopped is started again until it ends by itself; at each start but the last, the process of that rank
sends itself the next signal in the middle of step 3, 6, ... One JSON object in FOLDER/rankN.json: how each start ended.
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from transformers import TrainerCallback

from rewardkit.trainers.plan.loading import load_plan
from rewardkit.trainers.run.run import run_plan
from rewardkit.trainers.run.stopping import Stopped, StopRequest

torch.set_num_threads(1)
rank = int(os.environ.get("RANK", "0"))


class SignalAt(TrainerCallback):
    """Kills its own process, as `kill` does, before a step's update."""

    def __init__(self, step, number):
        self.step, self.number = step, number

    def on_pre_optimizer_step(self, args, state, control, **kwargs):
        if state.global_step + 1 == self.step:
            os.kill(os.getpid(), self.number)


def start(plan, out, *callbacks):
    said = []
    try:
        with StopRequest() as stop:
            run_plan(load_plan(plan), out, callbacks=callbacks, say=said.append, stop=stop)
    except Stopped as stopped:
        return {"code": stopped.exit_code, "said": said, "why": str(stopped)}
    return {"code": 0, "said": said}


def main(plan, folder, whom, *names):
    found = {"unbroken": start(plan, folder / "unbroken"), "stopped": []}
    for at, name in enumerate(names, start=1):
        callbacks = [SignalAt(3 * at, signal.Signals[name])] if rank == int(whom) else []
        found["stopped"].append(start(plan, folder / "stopped", *callbacks))
    found["last"] = start(plan, folder / "stopped")
    (folder / f"rank{rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
