"""What a worker may be made to do to see whether the pool stands it; runs inside workers only."""

import os
import signal
import time

from rewardkit.verify.math.symbolic import judge as symbolic


def judge(job):
    once = job.get("sleep_once") or ("echo" not in job and os.environ.get("DRILL_SLEEP_ONCE"))
    if once and not os.path.isfile(once):
        if not os.path.isdir(once):
            open(once, "x").close()
        time.sleep(300)
    if "sleep" in job:
        time.sleep(job["sleep"])
    if "spin" in job:
        sum(
            range(10**18)
        )  # one call into C that does not come back, and in which no Python signal handler runs
    if "pause" in job:
        os.kill(os.getpid(), signal.SIGSTOP)  # as starved as a process can be
    if "die" in job:
        os.abort()
    if "eat" in job:
        return len(bytearray(job["eat"]))
    if "echo" in job:
        return job["echo"]
    return symbolic(job)
