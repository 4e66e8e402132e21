"""A small real server that speaks the OpenAI protocol, over a function, and misbehaves on request."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = ("429", "500", "503", "hang", "close", "garbage")


class Server:
    """`answer(prompt_text, body) -> (text, tokens, finish)`; `fault(number) -> one of FAULTS or None`."""

    def __init__(self, answer, fault=lambda number: None, model="tiny", owned_by="tests", on_request=None):
        self.answer, self.fault, self.model, self.owned_by = answer, fault, model, owned_by
        self.on_request = on_request
        self.bodies, self.faults, self.count = [], [], 0
        self.lock, self.closing = threading.Lock(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                entry = {"id": outer.model, "object": "model", "owned_by": outer.owned_by}
                self.reply(200, {"object": "list", "data": [entry]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with outer.lock:
                    outer.count += 1
                    number = outer.count
                if outer.on_request is not None:
                    outer.on_request(number)
                fault = outer.fault(number)
                with outer.lock:
                    outer.faults.append(fault)
                if fault == "hang":
                    outer.closing.wait()
                    self.close_connection = True
                    return
                if fault == "close":
                    self.send_response(200)
                    self.send_header("content-length", "1000")
                    self.end_headers()
                    self.wfile.write(b'{"choices": [{"te')
                    self.close_connection = True
                    return
                if fault == "garbage":
                    self.reply(200, {"error": "an upstream problem"})
                    return
                if fault is not None:
                    self.reply(int(fault), {"error": fault}, {"retry-after": "0"} if fault == "429" else {})
                    return
                self.complete(body)

            def complete(self, body):
                with outer.lock:
                    outer.bodies.append((self.path, body))
                chat = self.path == "/v1/chat/completions"
                prompt = body["messages"][-1]["content"] if chat else body["prompt"]
                if "too long" in prompt:
                    self.reply(400, {"error": "maximum context length"})
                    return
                text, tokens, finish = outer.answer(prompt, body)
                choice = {"index": 0, "finish_reason": finish}
                choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
                self.reply(200, {"choices": [choice], "usage": {"completion_tokens": tokens}})

            def reply(self, status, payload, headers=None):
                data = json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):  # a client that was killed, or gave up waiting
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


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
