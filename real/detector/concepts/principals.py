"""The principal of a function: which values are made from what the server knows of the person who asks.

Two levels are told apart: somebody is known (a login), and it is decided what that person may do (a role, a permission,
an owner). Names are the evidence: those of frameworks, and the words of which programs make theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.identity import SERVER_STATE
from real.detector.concepts.receivers import is_database_session
from real.detector.ir.call_shapes import keywords_of
from real.detector.ir.instructions import Unit
from real.detector.models.library import names
from real.detector.vocabulary import CLIENT_DATA, PERSONS, REQUEST_NAMES, REQUIRING_VERBS, words

NOBODY, SOMEBODY, ALLOWED = 0, 1, 2
_SESSIONS = names("session current_user")
USER_ATTRIBUTES = names("user current_user session")
# Readings of a header that leave its text what the client sent.
_READINGS = names("get getlist get_header strip lower removeprefix split partition str")
_SIGNED = names("get_secure_cookie get_signed_cookie")


@dataclass(slots=True, eq=False)
class Principal:
    """What is known of the person who asks, in one endpoint or function."""

    unit: Unit
    level: int = NOBODY
    params: frozenset[str] = frozenset()  # parameters that stand for the person
    open_declared: bool = False  # it is declared that anybody may come
    declares: bool = False  # it is said around it, by decorators or the like, whom it lets pass
    meant: bool = False  # a check is given as a plain default, which no framework calls
    session_is_of_database: bool = False  # `self.session` holds rows, not what a browser is known by
    _known: dict[int, bool] = field(default_factory=dict)

    def is_principal(self, facts: Facts, operand: int) -> bool:
        """Whether a value is made from what the server knows of the person."""
        known = self._known.get(operand)
        if known is None:
            reads = facts.reads(self.unit, operand)
            if "session" in reads.attributes and self._is_only_of_database(facts, operand):
                reads = replace(reads, attributes=reads.attributes - {"session"})
            known = self.is_made_of_principal(reads) or self._is_signed(facts, operand)
            self._known[operand] = known
        return known

    def is_made_of_principal(self, reads: Reads) -> bool:
        """Whether something that depends on these is made from what the server knows of the person."""
        last = reads.last_names
        if last & _SESSIONS or reads.params & self.params:
            return True
        holders = last | reads.params | reads.attributes
        holds_request = bool(holders & REQUEST_NAMES)
        known = reads.attributes & USER_ATTRIBUTES
        if self.session_is_of_database:
            known -= {"session"}
        if "g" in last and any(words(str(name)) & PERSONS for name in (*reads.attributes, *reads.keys)):
            return True
        said = (*reads.attributes, *(key for key in reads.constants if isinstance(key, str)))
        if holds_request and reads.attributes & SERVER_STATE and any(words(name) & PERSONS for name in said):
            return True
        if known and (holds_request or holders & {"self", "g"}):
            return True
        called = reads.called
        if _decodes_credentials(reads):
            return True
        return bool(called & _SIGNED) or any(_names_person(call) for call in called)

    def _is_only_of_database(self, facts: Facts, operand: int) -> bool:
        """Whether the sessions that a value is made of are those of a database: ``db.session.get(User, key)``."""
        sessions = [
            made for made in facts.definitions(self.unit, operand) if made.op == "attr" and made.extra == "session"
        ]
        return bool(sessions) and every(is_database_session(facts, self.unit, made.dst) for made in sessions)

    def _is_signed(self, facts: Facts, operand: int) -> bool:
        """``request.get_cookie("login", secret=KEY)`` of bottle."""
        return any(
            made.op == "method" and made.extra[0] == "get_cookie" and "secret" in keywords_of(made)
            for made in facts.definitions(self.unit, operand)
        )

    def is_client(self, facts: Facts, operand: int) -> bool:
        """Whether a value is made from what the request holds, other than who sent it."""
        if not facts.is_untrusted(facts.value(self.unit, operand)):
            return False
        reads = facts.reads(self.unit, operand)
        named = reads.last_names | reads.params
        others = reads.params - self.params - {"self", "cls", "request", "req"}
        if others:
            return True
        if not named & {"request", "req", "self"}:
            return False
        called = reads.called
        return bool((reads.attributes | called) & CLIENT_DATA)


def _decodes_credentials(reads: Reads) -> bool:
    """``parse(request.headers["Authorization"])``: what a call makes of the credentials that the client sends."""
    sent = any(isinstance(key, str) and key.lower() == "authorization" for key in reads.keys | reads.constants)
    return sent and any(call.rpartition(".")[2] not in _READINGS for call in reads.calls)


def _names_person(call: str) -> bool:
    """``get_current_user``, ``user_from_token``, ``verify_token``: words of a call that says who asks."""
    found = words(call)
    if found & {"identity", "principal"} or {"current", "user"} <= found:
        return True
    return bool(
        found & {"token", "jwt", "session"} and found & (PERSONS | REQUIRING_VERBS | {"decode", "get"}) - {"token"}
    )
