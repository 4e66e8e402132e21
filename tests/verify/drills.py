"""What a worker may be made to do to see whether the pool stands it; runs inside workers only."""

import os
import time

from rewardkit.verify.math.symbolic import judge as symbolic


def judge(job):
    if "sleep" in job:
        time.sleep(job["sleep"])
    if "die" in job:
        os.abort()
    if "eat" in job:
        return len(bytearray(job["eat"]))
    if "echo" in job:
        return job["echo"]
    return symbolic(job)
