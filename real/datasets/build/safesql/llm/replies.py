"""From what a model wrote to a candidate, or to the reason why it is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.datasets.build.safesql.evolver import Request
from real.datasets.syntax import parse
from real.types import AttackCase, StdinCase

TEXTS = ("description", "database", "safe_program", "unsafe_program")
LISTS = ("inputs", "attacks")
LONGEST = 40_000  # characters of a field
MOST = {"inputs": 24, "attacks": 12}
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


class _Bad(Exception):
    """The reply is of no use; the message says why."""


def read_reply(text: str, finish: str, request: Request) -> Candidate | Rejected:
    """The child that a reply describes; its expected outputs are still to be found by running its reference."""
    try:
        if finish == "length":
            raise _Bad("cut off at the token limit")
        fields = _object(text)
        texts = {name: _text(fields, name) for name in TEXTS}
        lists = {name: _list(fields, name) for name in LISTS}
        for name in TEXTS[1:]:
            _check_syntax(name, texts[name])
        if texts["safe_program"] == request.parent.reference:
            raise _Bad("the safe program is that of the parent")
        if texts["safe_program"] == texts["unsafe_program"]:
            raise _Bad("the two programs are the same")
    except _Bad as bad:
        return Rejected(request.child_id, request.operators, Reason.BAD_REPLY, str(bad))
    return Candidate(
        request.child_id,
        request.parent.family,
        request.parent.pattern,
        request.operators,
        texts["description"].strip(),
        texts["database"],
        texts["safe_program"],
        texts["unsafe_program"],
        tuple(StdinCase(stdin, "") for stdin in dict.fromkeys(lists["inputs"])),
        tuple(AttackCase(stdin) for stdin in dict.fromkeys(lists["attacks"])),
        answered=False,
    )


def _object(text: str) -> Mapping[str, object]:
    if not text.strip():
        raise _Bad("the reply is empty")
    fenced = _FENCED.search(text)
    body = (fenced[1] if fenced else text).strip()
    start, end = body.find("{"), body.rfind("}")
    if start < 0 or end < start:
        raise _Bad(f"no JSON object in the reply: {text.strip()[:80]!r}")
    try:
        found = json.loads(body[start : end + 1])
    except (ValueError, RecursionError) as error:
        raise _Bad(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise _Bad(f"a JSON {type(found).__name__}, not an object")
    return found


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise _Bad(f"missing field {name!r}")
    if not isinstance(value, str) or not value.strip():
        raise _Bad(f"field {name!r} is not a text")
    if len(value) > LONGEST:
        raise _Bad(f"field {name!r} has {len(value)} characters (at most {LONGEST})")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _Bad(f"field {name!r} is not valid Unicode") from error
    return value if value.endswith("\n") else f"{value}\n"


def _list(fields: Mapping[str, object], name: str) -> Sequence[str]:
    value = fields.get(name)
    if not isinstance(value, list) or not value:
        raise _Bad(
            f"field {name!r} is not a list with something in it" if name in fields else f"missing field {name!r}"
        )
    if len(value) > MOST[name]:
        raise _Bad(f"field {name!r} has {len(value)} items (at most {MOST[name]})")
    return [_text({f"{name}[{at}]": item}, f"{name}[{at}]") for at, item in enumerate(value)]


def _check_syntax(name: str, code: str) -> None:
    try:
        parse(code)
    except SyntaxError as error:
        raise _Bad(f"field {name!r} is not Python: {error.msg} in line {error.lineno}") from error
