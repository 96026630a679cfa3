"""Stub of Lambda's Runtime API, and the function's process that runs on it."""

import json
import queue
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE = "/2018-06-01/runtime"


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A process that was killed leaves its connections.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Function:
    """The function's process, started like in Lambda: with the given environment and no other variable."""

    def __init__(self, command, environment, timeout, folder=None, log=None):
        self.timeout = timeout
        # Several processes can share a list.
        self.log = [] if log is None else log
        # Set when the process has asked for its first event.
        self.is_ready = threading.Event()
        self._events = queue.Queue()
        self._answers = queue.Queue()
        self._count = 0
        self._server = Server(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        address = "127.0.0.1:%d" % self._server.server_port
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "AWS_LAMBDA_RUNTIME_API": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._reader.join()
        self._server.shutdown()
        self._server.server_close()

    def kill(self):
        self._process.kill()
        self._process.wait()

    def is_running(self):
        return self._process.poll() is None

    def invoke(self, event):
        """Returns the function's answer to one event, and its new log lines."""
        before = len(self.log)
        kind, answer, request_id = self.run(event)
        if kind != "response":
            raise RuntimeError(f"{kind}: {answer}; the log:\n" + "".join(self.log[before:]))
        # The log line of the result may still be in the pipe.
        deadline = time.monotonic() + self.timeout + 20
        while time.monotonic() < deadline and not any(request_id in line for line in self.log[before:]):
            time.sleep(0.01)
        return answer, self.log[before:]

    def run(self, event):
        """Returns the end of one invocation, its content, and the request id.

        The end is `response`, `error` (of the invocation or of the start), `ended` (the process) or `late`, which ends the process, too.
        """
        self._count += 1
        request_id = "00000000-0000-4000-8000-%012d" % self._count
        self._events.put((request_id, json.dumps(event).encode()))
        # Longer than Lambda waits, so that a busy machine does not fail the test.
        deadline = time.monotonic() + self.timeout + 20
        while time.monotonic() < deadline:
            was_running = self.is_running()
            try:
                answered, kind, answer = self._answers.get(timeout=0.05)
                if kind == "response" and answered != request_id:
                    return "error", f"a response for {answered}", request_id
                return kind, answer, request_id
            except queue.Empty:
                if not was_running:
                    return "ended", None, request_id
        self.kill()
        return "late", None, request_id

    def _read_log(self):
        for line in self._process.stdout:
            self.log.append(line)

    def _handler(function):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                function.is_ready.set()
                request_id, event = function._events.get()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", request_id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + function.timeout) * 1000)))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:::function:receiver")
                self._finish(event)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                *_, subject, kind = self.path[len(BASE) :].split("/")
                # …/invocation/<id>/response, …/invocation/<id>/error, …/init/error
                function._answers.put((subject, kind, json.loads(body) if body else None))
                self.send_response(202)
                self._finish(b"{}")

            def _finish(self, body):
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
