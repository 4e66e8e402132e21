"""A small real server that speaks the OpenAI protocol, over a function, and misbehaves on request."""

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BROKEN = {
    "garbage": {"error": "an upstream problem"},
    "no choices": {"choices": []},
    "words": {"choices": ["x"]},
    "empty choice": {"choices": [{}]},
    "usage": {"choices": [{"text": "x", "finish_reason": "stop"}], "usage": "12"},
    "count": {"choices": [{"text": "x", "finish_reason": "stop"}], "usage": {"completion_tokens": "12"}},
    "text": {"choices": [{"text": ["x"], "finish_reason": "stop"}]},
    "list": ["x"],
}
"""Answers with status 200 that are none."""
FAULTS = ("429", "500", "503", "hang", "close", "gzip", "html", "deep", *BROKEN)
LOST = ("abort", "content_filter", "null")
"""Answers that say that there is no completion."""


class Server:
    """`answer(prompt_text, body) -> (text, tokens, finish)`; `fault(number, prompt) -> one of FAULTS, LOST or None`.

    `models` is the body of /v1/models where it is not to be the usual one. `die` closes the port and every connection,
    `revive` opens it again.
    """

    def __init__(
        self,
        answer,
        fault=lambda number, prompt: None,
        model="tiny",
        owned_by="tests",
        on_request=None,
        models=None,
    ):
        self.answer, self.fault, self.on_request = answer, fault, on_request
        entry = {"id": model, "object": "model", "owned_by": owned_by}
        self.models = models or json.dumps({"object": "list", "data": [entry]}).encode()
        self.bodies, self.faults, self.count = [], [], 0
        self.arms_at_once, self.flying, self.connections = 0, {}, set()
        self.lock, self.closing, self.http = threading.Lock(), threading.Event(), None
        self.open(0)

    def open(self, port):
        self.http = _Quiet(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        if self.http is not None:
            self.die()

    def die(self):
        """Gone: nobody listens, and every connection is cut."""
        http, self.http = self.http, None
        http.shutdown()
        http.server_close()
        self.thread.join()
        with self.lock:
            for connection in self.connections:
                with contextlib.suppress(OSError):  # closed by the other end
                    connection.shutdown(socket.SHUT_RDWR)

    def revive(self):
        """Back at the same port."""
        self.open(int(self.url.rpartition(":")[2]))
        self.thread.start()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):  # a client that was killed, or gave up waiting
        pass


def _handler(outer):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def setup(self):
            super().setup()
            with outer.lock:
                outer.connections.add(self.connection)

        def finish(self):
            with outer.lock:
                outer.connections.discard(self.connection)
            super().finish()

        def do_GET(self):
            self.send(200, outer.models)

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            prompt = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
            with outer.lock:
                outer.count += 1
                number = outer.count
                outer.flying[number] = body["temperature"] > 0
                outer.arms_at_once = max(outer.arms_at_once, len(set(outer.flying.values())))
            try:
                if outer.on_request is not None:
                    outer.on_request(number)
                fault = outer.fault(number, prompt)
                with outer.lock:
                    outer.faults.append(fault)
                self.misbehave(fault, prompt, body)
            finally:
                with outer.lock:
                    del outer.flying[number]

        def misbehave(self, fault, prompt, body):
            if fault in BROKEN:
                self.reply(200, BROKEN[fault])
            elif fault == "hang":
                outer.closing.wait()
                self.close_connection = True
            elif fault == "close":
                self.send_response(200)
                self.send_header("content-length", "1000")
                self.end_headers()
                self.wfile.write(b'{"choices": [{"te')
                self.close_connection = True
            elif fault == "gzip":
                self.send(200, b"\x1f\x8bnothing of the kind", {"content-encoding": "gzip"})
            elif fault == "html":
                self.send(200, b"<html>be right back</html>", {"content-type": "text/html"})
            elif fault == "deep":
                self.send(200, b"[" * 100_000)
            elif fault is None or fault in LOST:
                self.complete(prompt, body, fault)
            else:
                self.reply(int(fault), {"error": fault}, {"retry-after": "0"} if fault == "429" else {})

        def complete(self, prompt, body, lost):
            with outer.lock:
                outer.bodies.append((self.path, body))
            if "too long" in prompt:
                self.reply(400, {"error": "maximum context length"})
                return
            text, tokens, finish = outer.answer(prompt, body)
            if lost == "null":
                text = None
            elif lost is not None:
                finish = lost
            choice = {"index": 0, "finish_reason": finish}
            chat = self.path == "/v1/chat/completions"
            choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
            self.reply(200, {"choices": [choice], "usage": {"completion_tokens": tokens}})

        def reply(self, status, payload, headers=None):
            self.send(status, json.dumps(payload).encode(), headers)

        def send(self, status, data, headers=None):
            self.send_response(status)
            for name, value in {"content-type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


def adder(prompt, body):
    """What a careful model would say of the arithmetic suite; greedy always, sampled by its seed."""
    question = prompt.split("What is ")[1].split("?")[0] if "What is " in prompt else prompt
    parts = question.split()
    value = "None"
    if "some" not in parts:
        total = int(parts[0])
        for sign, number in zip(parts[1::2], parts[2::2], strict=True):
            total += int(number) if sign == "+" else -int(number)
        value = str(total + (body.get("seed", 0) % 3 == 1))
    text = f"\\boxed{{{value}}}"
    return text, len(text), "stop"
