"""Requests to a chat endpoint, each written down with its reply, so that none is sent twice and all can be replayed."""

from __future__ import annotations

import importlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from real.datasets.build.journal import BuildJournal, digest
from real.datasets.build.safesql.llm.prompts import Chat
from real.errors import DataError, InfrastructureError, UsageError

_REFUSED = (401, 403, 404)  # no request will fare better: the key, or the model, is wrong
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a text and why it ended (``stop``, ``length``), or ``error`` where nothing usable did."""

    text: str
    finish: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """Which model is asked, and how; part of every request's key."""

    name: str
    temperature: float = 0.7
    max_tokens: int = 4096
    seed: int = 0


class Transport(Protocol):
    """Answers chats; safe to call from several threads."""

    def ask(self, model: Model, chat: Chat) -> Reply:
        """The reply; raises ``RealError`` only where no request can be answered."""


def request_key(model: Model, chat: Chat) -> str:
    """The key of a request in a record."""
    return digest("chat", model.name, model.temperature, model.max_tokens, model.seed, chat)


class Replay:
    """Answers from a record, without a network."""

    def __init__(self, path: Path) -> None:
        """Raises ``DataError`` where the record is missing or broken."""
        if not path.is_file():
            raise DataError(f"{path} does not exist", hint="--replay names the file that --record wrote.")
        self._record = BuildJournal(path)

    def ask(self, model: Model, chat: Chat) -> Reply:
        """The recorded reply, or an error where this request was never sent."""
        line = self._record.get(request_key(model, chat))
        return Reply("", "", "the record does not hold this request") if line is None else _reply(line)


class Endpoint:
    """Asks an OpenAI-compatible endpoint, and writes every reply to a record; recorded requests are not sent again."""

    def __init__(self, record: Path, base_url: str | None, api_key: str | None, timeout_s: float) -> None:
        """Raises ``UsageError`` without the ``openai`` client, ``DataError`` for a broken record."""
        try:
            self._library = importlib.import_module("openai")  # an extra; by name, so that type checks pass without it
        except ImportError as error:
            raise UsageError(
                "the openai client is not installed", hint="Run: pip install 'real-quality-code[llm]', or use --replay."
            ) from error
        self._where = base_url or "https://api.openai.com/v1"
        self._client: Any = self._library.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # servers of one's own ask for none, and the client insists
            timeout=timeout_s,
            max_retries=_RETRIES,
        )
        self._record = BuildJournal(record)
        self._lock = threading.Lock()

    def ask(self, model: Model, chat: Chat) -> Reply:
        """The reply. Raises ``InfrastructureError`` where the endpoint cannot be reached or takes no request."""
        key = request_key(model, chat)
        with self._lock:
            known = self._record.get(key)
        if known is not None:
            return _reply(known)
        began = time.monotonic()
        reply = self._send(model, chat)
        line: dict[str, object] = {
            "model": model.name,
            "messages": chat,
            "text": reply.text,
            "finish": reply.finish,
            "error": reply.error,
            "seconds": round(time.monotonic() - began, 3),
        }
        with self._lock:
            self._record.put(key, line)
        return reply

    def _send(self, model: Model, chat: Chat) -> Reply:
        openai = self._library
        try:
            answer = self._client.chat.completions.create(
                model=model.name,
                messages=chat,
                temperature=model.temperature,
                max_tokens=model.max_tokens,
                seed=model.seed,
            )
            choice = answer.choices[0]
            return Reply(choice.message.content or "", str(choice.finish_reason or ""))
        except openai.APIStatusError as error:
            if error.status_code in _REFUSED:
                raise InfrastructureError(
                    f"{self._where} refuses the request: {error.status_code} {_short(error)}",
                    hint="Check --base-url, --model and OPENAI_API_KEY; what was answered is in the record.",
                ) from error
            if error.status_code == 429 or error.status_code >= 500:  # after the client's own retries
                raise InfrastructureError(
                    f"{self._where} does not answer: {error.status_code} {_short(error)}",
                    hint="Run the same command later: it resumes, and what was answered is not asked again.",
                ) from error
            return Reply("", "", f"{error.status_code} {_short(error)}")
        except openai.APIConnectionError as error:  # timeouts too
            raise InfrastructureError(
                f"{self._where} cannot be reached: {error.__cause__ or error}",
                hint="Start the server or check --base-url; run the same command again: it resumes.",
            ) from error
        except (openai.OpenAIError, ValueError, LookupError, TypeError, AttributeError) as error:
            return Reply("", "", f"the answer is not of the protocol: {type(error).__name__}: {_short(error)}")


def _reply(line: dict[str, object]) -> Reply:
    return Reply(str(line.get("text", "")), str(line.get("finish", "")), str(line.get("error", "")))


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
