"""A stand-in for a SandboxFusion server: its interface and its habits, without its isolation (for harmless programs).

Like the real one it reads a program's pipes only after the program has ended. ``faults`` are taken one by one, each
spoiling one request; see ``_Handler`` for what there is.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def _run_result(status: str, stdout: str = "", stderr: str = "", code: int | None = None) -> dict[str, Any]:
    return {"status": status, "execution_time": 1.0, "return_code": code, "stdout": stdout, "stderr": stderr}


def _answer(status: str, run_result: dict[str, Any] | None, files: dict[str, str], message: str = "") -> dict[str, Any]:
    return {
        "status": status,
        "message": message,
        "compile_result": None,
        "run_result": run_result,
        "executor_pod_name": None,
        "files": files,
    }


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that has gone away is what some tests are about
            super().handle_error(request, client_address)


class FusionStub:
    """A server on a free port of this machine; a context manager."""

    def __init__(self) -> None:
        self.faults: deque[str] = deque()
        self.requests: list[dict[str, Any]] = []
        self.most_at_once = 0
        self.through_a_shell = False
        self.drops_output = False
        self.released = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"stub": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FusionStub:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and let go of every request that hangs; safe to call twice."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fault(self, request: dict[str, Any]) -> str | None:
        """Note a request; returns how to spoil it."""
        with self._lock:
            self.requests.append(request)
            return self.faults.popleft() if self.faults else None

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Really run the program, in a folder of its own."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            with tempfile.TemporaryDirectory(prefix="fusion-stub-") as folder:
                return self._run_in(Path(folder), request)
        finally:
            with self._lock:
                self._at_once -= 1

    def _run_in(self, folder: Path, request: dict[str, Any]) -> dict[str, Any]:
        for name, content in request["files"].items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(content))
        (folder / "tmp.py").write_text(request["code"])
        command = [sys.executable, "tmp.py"]
        if self.through_a_shell:  # which reports a signal as 128 and its number
            command = ["/bin/sh", "-c", f"{sys.executable} tmp.py; exit $?"]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        ) as process:
            assert process.stdin is not None
            process.stdin.close()
            try:
                code = process.wait(request["run_timeout"])
                result = _run_result("Finished", code=code)
            except subprocess.TimeoutExpired:
                result = _run_result("TimeLimitExceeded")
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            assert process.stdout is not None
            assert process.stderr is not None
            result["stdout"] = "" if self.drops_output else process.stdout.read().decode("utf-8", "ignore")
            result["stderr"] = process.stderr.read().decode("utf-8", "ignore")
        fetched = {name: folder / name for name in request["fetch_files"]}
        files = {name: base64.b64encode(p.read_bytes()).decode() for name, p in fetched.items() if p.is_file()}
        return _answer("Success" if result["return_code"] == 0 else "Failed", result, files)


class _Handler(BaseHTTPRequestHandler):
    stub: FusionStub

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/run_code":
            self._send(404, b"Not Found")
            return
        fault = self.stub.fault(request)
        mark = request["fetch_files"][0].partition("/")[0]
        match fault:
            case None:
                self._send(200, json.dumps(self.stub.run(request)).encode())
            case "500" | "503" | "422" | "429":
                self._send(int(fault), b"Internal Server Error")
            case "garbage":
                self._send(200, b"<html>Bad gateway</html>")
            case "deep":
                self._send(200, b"[" * 100_000)
            case "list":
                self._send(200, b"[1, 2]")
            case "empty":
                self._send(200, b"{}")
            case "drop":
                self.close_connection = True
            case "cut":
                self._send(200, b'{"status": "Suc', length=1000)
                self.close_connection = True
            case "hang":
                self.stub.released.wait(60)
            case "drip":
                self._drip()
            case "sandbox error":
                self._send(200, json.dumps(_answer("SandboxError", None, {}, "no space left on device")).encode())
            case "not started":
                result = _run_result("TimeLimitExceeded", stderr="bash: fork: retry")
                self._send(200, json.dumps(_answer("Failed", result, {})).encode())
            case "no return code":
                self._send(200, json.dumps(_answer("Failed", _run_result("Finished", mark), {})).encode())
            case "bad base64":
                files = {request["fetch_files"][0]: "€"}
                self._send(200, json.dumps(_answer("Success", _run_result("Finished", mark, code=0), files)).encode())
            case "stall":  # started, and then stopped by a server that had no time for it
                self._send(200, json.dumps(_answer("Failed", _run_result("TimeLimitExceeded", mark), {})).encode())
            case _:
                raise AssertionError(fault)

    def _send(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not self.stub.released.wait(0.05):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
