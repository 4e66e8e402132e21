"""The worker pool: killed when late, replaced when dead, usable from anywhere, gone when the interpreter ends."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from rewardkit.errors import SetupError
from rewardkit.kinds import Question
from rewardkit.types import Equality, Extraction, Rollout
from rewardkit.verify.math.verifier import CACHE, Math
from rewardkit.verify.workers import pool as pools
from rewardkit.verify.workers import process as processes

PROVED = (r"\cos 2\theta", r"1-2\sin^2\theta")  # no normal form of ours: a worker's business


@pytest.fixture
def pool(monkeypatch):
    """A pool whose workers can also be told to sleep, die, eat memory and echo (see drills.py)."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    made = pools.Pool(2, "drills:judge")
    yield made
    made.close()


def job(gold, answer):
    return {"gold": gold, "answer": answer, "policy": {}}


def test_replies_come_in_order(pool):
    jobs = [job("x", "x"), job("x", "y"), job(*PROVED)] * 4
    assert [reply.value["equality"] for reply in pool.run(jobs, 30)] == ["equal", "different", "equal"] * 4


def test_a_job_past_its_deadline_is_ended_and_the_others_are_not_kept_waiting(pool):
    pool.run([job("x", "x")], 30)
    started = pool.started
    replies = pool.run([{"spin": True}, job("x", "x"), {"spin": True}, job("x", "y")], 0.5)
    assert [reply.status for reply in replies] == ["timeout", "done", "timeout", "done"]
    assert pool.killed == 2
    assert pool.started == started + 2


def test_a_deadline_counts_the_workers_processor_time_and_no_time_on_the_wall(pool):
    reply = pool.run([{"sleep": 1.0, "echo": "done all the same"}], 0.2)[0]
    assert (reply.status, reply.value, reply.ceilings) == ("done", "done all the same", 0)
    assert reply.seconds >= 1.0


def test_a_deadline_holds_where_the_parent_had_blocked_the_signal_that_ends_a_worker(pool):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
    try:
        assert [reply.status for reply in pool.run([{"spin": True}], 0.2)] == ["timeout"]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.parametrize("starved", [{"sleep": 300}, {"pause": True}])
def test_at_the_wall_ceiling_a_job_is_tried_once_more_in_a_fresh_worker(pool, monkeypatch, starved, caplog):
    pool.run([job("x", "x")], 30)
    monkeypatch.setattr(pools, "CEILING_LEAST", 0.5)
    monkeypatch.setattr(pools, "CEILING_TIMES", 1.0)
    replies = pool.run([starved, {"echo": 1}], 0.1)
    assert [(reply.status, reply.ceilings) for reply in replies] == [("ceiling", 2), ("done", 0)]
    assert pool.killed == 2
    assert ["tried once more" in told.message for told in caplog.records] == [True, False]


def test_a_job_that_was_starved_once_has_its_verdict_from_the_second_worker(pool, monkeypatch, tmp_path):
    pool.run([job("x", "x")], 30)
    monkeypatch.setattr(pools, "CEILING_LEAST", 1.0)
    reply = pool.run([{"sleep_once": str(tmp_path / "slept"), "echo": 7}], 0.01)[0]
    assert (reply.status, reply.value, reply.ceilings) == ("done", 7, 1)


def test_the_ceiling_is_far_above_the_deadline():
    assert pools.ceiling_s(2.0) == 60.0
    assert pools.ceiling_s(0.01) == 10.0


def test_a_spare_that_said_hello_long_ago_is_as_good_as_a_new_one(pool, monkeypatch):
    pool.run([job("x", "x")], 30)
    for spare in pool._idle:
        if not spare.ready:
            select.select([spare.out], [], [])  # it has said hello, and nobody has listened yet
    started = pool.started
    monkeypatch.setattr(pools, "START_SECONDS", 0.0)  # long ago
    assert [reply.status for reply in pool.run([{"die": True}], 30)] == [
        "crash"
    ]  # the ready one, and the spare
    assert pool.started == started + 2


def test_a_long_batch_does_not_keep_another_threads_answer_waiting(pool):
    pool.size = 1

    class Counted(list):
        begun = 0

        def __getitem__(self, at):
            self.begun += 1
            return super().__getitem__(at)

    pool.run([job("x", "x")], 30)  # the worker is up
    long = Counted([{"sleep": 0.2}] * 12)
    busy = threading.Thread(target=pool.run, args=(long, 30))
    busy.start()
    while not long.begun:
        busy.join(0.01)
    assert pool.run([{"echo": 7}], 30)[0].value == 7
    assert long.begun <= 3  # of 12: the answer had the worker next
    busy.join()


def test_a_worker_that_dies_is_tried_once_more_and_then_a_crash(pool):
    replies = pool.run([{"die": True}, job("x", "x")], 30)
    assert [reply.status for reply in replies] == ["crash", "done"]
    assert pool.killed == 2


def test_surrogates_and_nuls_survive_the_pipe(pool):
    reply = pool.run([{"echo": "4\ud8002\x00\u2028"}], 30)[0]
    assert reply.value == "4\ud8002\x00\u2028"


def test_memory_is_bounded(pool):
    replies = pool.run([{"eat": 8 * processes.MEMORY_BYTES}, job("x", "x")], 30)
    assert replies[0].status == "crash" or replies[0].value["equality"] == "crash"
    assert replies[1].status == "done"


def test_recycled_by_calls(pool, monkeypatch):
    monkeypatch.setattr(pools, "RECYCLE_CALLS", 3)
    assert all(reply.status == "done" for reply in pool.run([job("x", "x")] * 8, 30))
    assert pool.killed >= 2


def test_a_timeout_is_a_fact_about_the_pair_and_its_deadline():
    CACHE.clear()
    hurried, patient = Math(deadline_s=0.0001), Math(deadline_s=30)
    verdict = hurried.compare(*PROVED)
    assert (verdict.equality, verdict.route) == (Equality.TIMEOUT, "timeout")
    killed = pools.pool().killed
    assert hurried.compare(*PROVED).equality == Equality.TIMEOUT
    assert pools.pool().killed == killed  # known by now: asked again, it costs no worker
    assert patient.compare(*PROVED).equality == Equality.EQUAL


def test_wall_ceilings_are_told_once_each_and_counted_as_a_route_of_their_own(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv("DRILL_SLEEP_ONCE", str(tmp_path / "slept"))
    monkeypatch.setattr(pools, "CEILING_LEAST", 2.0)
    monkeypatch.setattr(pools, "CEILING_TIMES", 1.0)
    CACHE.clear()
    pools.set_workers(1, "drills:judge").run([{"echo": 1}], 30)
    verifier = Math(deadline_s=2.0)
    question = asked(*PROVED)
    try:
        starved_once = verifier.verify([question, question])
        monkeypatch.setenv("DRILL_SLEEP_ONCE", str(tmp_path))  # a folder: nothing ever says that it has slept
        pools.set_workers(1, "drills:judge").run([{"echo": 1}], 30)
        CACHE.clear()
        starved = verifier.verify([question])
        again = CACHE.get((verifier._asked, starved[0].gold, starved[0].answer))
    finally:
        pools.shutdown()
    assert [(str(one.equality), dict(one.details)) for one in starved_once] == [
        ("equal", {"ceilings": 1}),
        ("equal", {}),
    ]
    assert [(str(one.equality), one.route, one.details["ceilings"]) for one in starved] == [
        ("timeout", "ceiling", 2)
    ]
    assert again is None


def asked(gold, answer):
    extraction = Extraction(text=answer, span=(0, len(answer)), extractor="whole")
    rollout = Rollout(completion=answer, gold=gold)
    return Question(extraction=extraction, golds=(gold,), text=answer, rollout=rollout)


def test_from_four_threads_and_an_event_loop():
    verifier = Math(deadline_s=30)
    found = []

    def ask():
        found.extend(verifier.compare(*PROVED).equality for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def both():
        return await asyncio.gather(*(asyncio.to_thread(verifier.compare, *PROVED) for _ in range(4)))

    found.extend(verdict.equality for verdict in asyncio.run(both()))
    assert found == [Equality.EQUAL] * 24


def in_process(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, **env},
        check=False,
    )


def test_a_forked_child_starts_its_own_workers():
    done = in_process(r"""
        import os
        from rewardkit.verify.math.verifier import CACHE, Math
        v = Math(deadline_s=30)
        pair = (r"\cos 2\theta", r"1-2\sin^2\theta")
        assert v.compare(*pair).equality == "equal"
        child = os.fork()
        if child == 0:
            CACHE.clear()
            ok = v.compare(*pair).equality == "equal"
            os._exit(0 if ok else 1)
        assert os.waitpid(child, 0)[1] == 0
        CACHE.clear()
        assert v.compare(*pair).equality == "equal"
        print("both")
    """)
    assert done.stdout == "both\n", done.stderr


def test_a_script_without_a_main_guard_runs_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from rewardkit.verify.math.verifier import Math\n"
        "print('ran')\n"
        "print(Math(deadline_s=30).compare(r'\\cos 2\\theta', r'1-2\\sin^2\\theta').equality)\n"
    )
    (tmp_path / "sympy.py").write_text("raise SystemExit('a user file that happens to be called sympy')\n")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=100, cwd=tmp_path, check=False
    )
    assert done.stdout.splitlines()[0] == "ran"
    assert done.stdout.count("ran") == 1


def test_exit_waits_for_no_worker_and_leaves_none():
    done = in_process(
        r"""
        import os, sys, threading, time
        from rewardkit.verify.workers import pool as pools
        sys.path.insert(0, os.environ["DRILLS"])
        p = pools.set_workers(2, "drills:judge")
        p.run([{"echo": 1}], 30)
        threading.Thread(target=lambda: p.run([{"sleep": 300}], 300), daemon=True).start()
        while not p._busy: time.sleep(0.01)
        print(" ".join(str(w.process.pid) for w in [*p._idle, *p._busy]))
    """,
        DRILLS=str(Path(__file__).parent),
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 3, done.stderr
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_with_a_parent_that_was_killed():
    parent = subprocess.Popen(
        [
            sys.executable, "-c",
            "import json, sys, time\n"
            "from rewardkit.verify.workers import pool as pools\n"
            "p = pools.pool(); p.run([{'gold': 'x', 'answer': 'x', 'policy': {}}], 30)\n"
            "print(json.dumps([w.process.pid for w in p._idle]), flush=True); time.sleep(300)",
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    pids = json.loads(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    limit = time.monotonic() + 60
    while any(alive(pid) for pid in pids) and time.monotonic() < limit:
        os.sched_yield()
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_pool_that_cannot_start_says_so(monkeypatch):
    monkeypatch.setattr(processes, "BOOT", "raise SystemExit(7)")
    broken = pools.Pool(1)
    with pytest.raises(SetupError, match="do not start"):
        broken.run([job("x", "x")], 30)
    broken.close()


@pytest.mark.parametrize("given", ["0", "-1", "many"])
def test_the_number_of_workers_is_checked(monkeypatch, given):
    monkeypatch.setenv("REWARDKIT_WORKERS", given)
    with pytest.raises(SetupError, match="REWARDKIT_WORKERS"):
        pools.workers()


def test_importing_the_verifier_imports_no_algebra_system():
    done = in_process("""
        import sys
        import rewardkit.verify.math.verifier
        print(sorted({"sympy", "mpmath", "math_verify"} & set(sys.modules)))
    """)
    assert done.stdout == "[]\n", done.stderr


class Interrupted(BaseException):
    """What Ctrl-C raises, under a name that a test runner lets pass."""


@pytest.mark.parametrize("after_s", [0.1, 1.5])
def test_an_interrupt_while_a_worker_starts_or_works_gives_its_place_back(pool, after_s):
    pool.size = 1  # one place lost is all of them

    def interrupt(number, frame):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, after_s)
    try:
        with pytest.raises(Interrupted):
            pool.run([{"sleep": 60}], 60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    asked = threading.Thread(target=lambda: replies.extend(pool.run([job("x", "x")], 30)), daemon=True)
    replies: list = []
    asked.start()
    asked.join(60)
    assert [reply.status for reply in replies] == ["done"]
