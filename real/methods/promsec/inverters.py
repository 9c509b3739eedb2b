"""Who turns code into a prompt: the local model, or a service with OpenAI's chat completions."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from real.errors import InfrastructureError
from real.generation.respond import respond
from real.methods.config import PromsecCfg
from real.training.workspace import Workspace
from real.types import Message, ScriptSuite, Task

SECONDS = 120.0  # for one answer of a service
_FIRST_SECONDS = 10.0  # to find out whether it is there


def ask(ws: Workspace, questions: Sequence[str], seed: int) -> list[str]:
    """One answer a question, from the endpoint where one is set, else greedily from the local model.

    Raises ``InfrastructureError`` where the endpoint fails: no answer is no result.
    """
    cfg = ws.cfg.method.promsec
    if cfg.endpoint is not None:
        return [_complete(cfg, question) for question in questions]
    tasks = [
        Task(str(number), "promsec", "test", (Message("user", question),), ScriptSuite(()), ())
        for number, question in enumerate(questions)
    ]
    return [completion.text for completion in respond(ws.policy, ws.generator, tasks, seed=seed)]


def missing_endpoint(cfg: PromsecCfg) -> list[str]:
    """One phrase where the address cannot be one."""
    if cfg.endpoint is None or _is_address(cfg.endpoint):
        return []
    return [f"the endpoint method.promsec.endpoint={cfg.endpoint} (a base URL such as http://localhost:8000/v1)"]


def _is_address(text: str) -> bool:
    """Whether ``text`` is an HTTP address that can be asked: a host, a port that is a number, ASCII without blanks."""
    try:
        parts = urllib.parse.urlsplit(text)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return False
    printable = text.isascii() and all(character.isprintable() and character != " " for character in text)
    return printable and port_is_number and parts.scheme in ("http", "https") and bool(parts.hostname)


def check_endpoint(cfg: PromsecCfg) -> None:
    """Raise ``InfrastructureError`` where the endpoint does not list its models."""
    if cfg.endpoint is not None:
        _request(cfg, "models", None, _FIRST_SECONDS)


def _complete(cfg: PromsecCfg, question: str) -> str:
    body = {
        "model": cfg.endpoint_model,
        "messages": [{"role": "user", "content": question}],
        "temperature": 0,
    }
    made = _request(cfg, "chat/completions", body, SECONDS)
    try:
        return str(made["choices"][0]["message"]["content"])  # type: ignore[index]
    except (KeyError, IndexError, TypeError) as error:
        raise InfrastructureError(f"{cfg.endpoint} answers no chat completion: {str(made)[:200]}") from error


def _request(cfg: PromsecCfg, path: str, body: object, seconds: float) -> dict[str, object]:
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get(cfg.key_variable):
        headers["Authorization"] = f"Bearer {key}"
    data = None if body is None else json.dumps(body).encode()
    url = f"{str(cfg.endpoint).rstrip('/')}/{path}"
    try:
        request = urllib.request.Request(url, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            made = json.load(answer)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise InfrastructureError(
            f"the endpoint of promsec does not answer: {url}: {reason}",
            hint=f"Check method.promsec.endpoint and the key in {cfg.key_variable}; without it, the model inverts.",
        ) from error
    if not isinstance(made, dict):
        raise InfrastructureError(f"{url} answers with no JSON object")
    return made
