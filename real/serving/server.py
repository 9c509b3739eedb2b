"""The scorer over HTTP, in OpenRLHF's remote format: ``{"query", "prompts", "labels"}`` to ``{"rewards", …}``.

``GET /health`` tells how it is. Needs the token as ``Authorization: Bearer TOKEN``, or as the password of a URL
(``http://real:TOKEN@HOST:PORT``), which is all that OpenRLHF itself can send.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import sys
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from real.io.network import WILDCARDS, node_address
from real.serving.openrlhf_answer import Answer
from real.serving.scorer import QueueFullError, Scorer

MAX_BODY = 8 << 20  # bytes: some hundred times the longest response
_TIMEOUT_S = 1200.0  # of an idle connection; engines keep theirs open between steps


class ScorerServer(ThreadingHTTPServer):
    """Serves ``scorer`` on ``host:port`` (0: any free one), one thread a connection.

    ``advertise`` is the host that clients are told, where ``host`` listens on every interface.
    """

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, scorer: Scorer, *, host: str, port: int, token: str, advertise: str | None = None) -> None:
        super().__init__((host, port), _Handler)
        self.scorer = scorer
        self.token = token
        self._advertise = advertise

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing for a caller that went away, whose sample is on record all the same; else as ever."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        """The address to ask, with the port that it really has; never the wildcard, which leads nowhere."""
        host, port = str(self.server_address[0]), self.server_address[1]
        host = self._advertise or (node_address() if host in WILDCARDS else host)
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class _Handler(BaseHTTPRequestHandler):
    server: ScorerServer
    protocol_version = "HTTP/1.1"  # connections stay open: a rollout asks hundreds of times
    disable_nagle_algorithm = True
    timeout = _TIMEOUT_S

    def do_GET(self) -> None:
        if self.path != "/health":
            self._send(HTTPStatus.NOT_FOUND, {"error": "only POST / and GET /health are here"})
        elif self._allowed():
            scorer = self.server.scorer
            self._send(HTTPStatus.OK, {"ok": True, "sandbox": scorer.describe(), **asdict(scorer.counts())})

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing")
        if not 0 <= length <= MAX_BODY:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may have {MAX_BODY} bytes at most")
        body = self.rfile.read(length)
        if not self._allowed():
            return None
        try:
            record = json.loads(body)
            columns = [list(record[key]) for key in ("query", "prompts", "labels")]
            request = str(record.get("id", ""))
            samples = list(zip(*columns, strict=True))
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
            return self._send(HTTPStatus.BAD_REQUEST, {"error": f"not query, prompts, labels of equal length: {error}"})
        try:
            answers = [
                self.server.scorer.score(*sample, request=f"{request}-{index}" if request else "")
                for index, sample in enumerate(samples)
            ]
        except QueueFullError:
            return self._send(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "the queue is full; ask again"})
        return self._send(HTTPStatus.OK, _merged(answers))

    def _allowed(self) -> bool:
        token = self.server.token
        if not token or any(hmac.compare_digest(token.encode(), given) for given in self._given()):
            return True
        self._send(HTTPStatus.UNAUTHORIZED, {"error": "the token is missing or wrong"})
        return False

    def _given(self) -> list[bytes]:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            return [value.strip().encode()]
        if scheme == "Basic":
            try:
                return [base64.b64decode(value, validate=True).partition(b":")[2]]
            except binascii.Error:
                return []
        return []

    def _refuse(self, status: HTTPStatus, problem: str) -> None:
        self.close_connection = True  # the body was not read
        self._send(status, {"error": problem})

    def _send(self, status: HTTPStatus, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a line for each of a million samples helps nobody."""


def _merged(answers: list[Answer]) -> dict[str, object]:
    """One sample as scalars, as OpenRLHF wants it; several as lists."""
    if len(answers) == 1:
        return dict(answers[0])
    keys = ("rewards", "scores", "extra_logs")
    return {key: [found[key] for found in answers] for key in keys}
