"""The client of OpenAI-compatible servers: requests a second, and processor time for each.

A server in another process answers each request after half a second, so that 512 in flight could be 1,024 a second.
`--requests` and `--concurrency` change the size. Wanted: 300 a second at 512 in flight on two cores.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

from rewardkit.evals.backends import open_backend
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.evals.suite.suite import load_suite

DELAY_S = 0.5
ANSWER = {"message": {"role": "assistant", "content": "so " * 500}, "finish_reason": "stop", "index": 0}
COMPLETION = {"choices": [ANSWER], "usage": {"completion_tokens": 500}}
MODELS = {"data": [{"id": "tiny", "owned_by": "vllm"}]}


def framed(answer):
    """An HTTP response with a JSON body."""
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Protocol(asyncio.Protocol):
    """As little of HTTP/1.1 as the client needs, so that the client is what is measured."""

    def connection_made(self, transport):
        self.transport, self.held = transport, b""

    def data_received(self, data):
        self.held += data
        head, found, rest = self.held.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0"
        )
        size = int(length.partition(b":")[2])
        if len(rest) >= size:
            self.held = rest[size:]
            asked = head.startswith(b"POST")
            reply = framed(COMPLETION if asked else MODELS)
            asyncio.get_running_loop().call_later(DELAY_S if asked else 0, self.reply, reply)

    def reply(self, data):
        if not self.transport.is_closing():
            self.transport.write(data)


def serve(ready):
    """Serve until killed; the port goes into `ready`."""

    async def run():
        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0, backlog=1024)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=8000)
    parser.add_argument("--concurrency", type=int, default=512)
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    server = context.Process(target=serve, args=(ready,), daemon=True)
    server.start()
    suite = load_suite("arithmetic", [f"data.generate.n={given.requests // 8}", "arms.sampled.n=7"])
    options = {"base_url": f"http://127.0.0.1:{ready.get()}", "concurrency": str(given.concurrency)}
    try:
        with tempfile.TemporaryDirectory() as scratch, open_backend("openai", "tiny", options) as backend:
            before, started = spent(), time.perf_counter()
            report = generate_run(EvaluationRun(Path(scratch) / "run"), suite, backend)
            seconds, processor = time.perf_counter() - started, spent() - before
    finally:
        server.terminate()
    assert report.missing == 0
    print(
        f"{report.generated} requests, {given.concurrency} in flight: {report.generated / seconds:.0f} a second, "
        f"{1000 * processor / report.generated:.2f} ms of processor time each, with the run's folder (wanted: 300 a second)"
    )


def spent():
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
