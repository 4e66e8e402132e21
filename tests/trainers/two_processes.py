"""Two processes on the CPU. Not a test: `test_two_processes` runs it.

    accelerate launch --cpu --num_processes 2 --mpirun_hostfile HOSTS two_processes.py PLAN SPLITTING_PLAN FOLDER

Each process writes which metrics and columns its rewards reported, and the group term's payments.
"""

import json
import os
import stat
import sys
from pathlib import Path

import rewardkit.trainers.trl as adapter
from rewardkit.errors import RewardkitError
from rewardkit.trainers.plan.loading import load_plan
from rewardkit.trainers.run.run import run_plan

plan, splitting, folder = map(Path, sys.argv[1:])
calls = []


def recording(scorer, scores, log_metric, log_extra):
    def metric(name, value):
        calls[-1]["metrics"].append(name)
        log_metric(name, value)

    def extra(name, column):
        calls[-1]["columns"].append(name)
        log_extra(name, column)

    groups = [score.reading.rollout.group for score in scores]
    calls.append({"metrics": [], "columns": [], "groups": groups})
    told(scorer, scores, metric, extra)


told = adapter._log
adapter._log = recording
try:
    run_plan(load_plan(splitting), folder / "split")
    refused = None
except RewardkitError as error:
    refused = str(error)
run_plan(load_plan(plan), folder / "run")
null = stat.S_ISCHR(os.stat(os.devnull).st_mode)  # a process that writes no warnings once put a file there
(folder / f"rank{os.environ['RANK']}.json").write_text(
    json.dumps({"calls": calls, "refused": refused, "null": null})
)
