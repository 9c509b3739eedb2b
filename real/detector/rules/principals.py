"""The authenticated principal of an endpoint: what declares it, and which values of a function are made from it.

Two levels are told apart: somebody is known (a login), and it is decided what that person may do (a role, a permission,
an owner). Names are the evidence: those of frameworks, and the words of which programs make theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from real.detector.analysis.called_names import called_words, named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import App, Class, Endpoint, app_of
from real.detector.ir.definitions import definition, ends_in_exception, returns_constant, untested
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names, rows_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.models.rows import Framework, Handler
from real.detector.rules._syntax import annotation_words
from real.detector.rules._views import SERVER_STATE, asks_for_presence, knows_who, says_who
from real.detector.vocabulary import PERSONS, RECORD_OWNERS, words

NOBODY, SOMEBODY, ALLOWED = 0, 1, 2
# Words in the names of decorators, dependencies and mixins that let only known people pass.
_LOGIN = names(
    """auth authed authenticate authenticated authentication authorization bearer caller credentials current identity
    jwt logged login me member oauth2 principal protected session signed signin subject token user users viewer"""
)
# Words of those that decide what a person may do (role-based access control; Django's and Flask-Principal's names).
PRIVILEGES = names(
    """acl admin admins administrator allowed authorize authorized can capability granted group groups is_staff manager
    moderator operator owner owners ownership owns permission permissions permitted policy privilege privileged
    privileges rbac role roles scope scopes staff superuser"""
)
# Words in names of modules whose decorators and dependencies let only known people pass.
_MODULES = frozenset({"auth", "authentication", "authorization", "permissions", "acl"})
_PERMISSION_MEMBERS = ("permission_classes", "permissions", "decorators", "method_decorators")
_DEPENDENCIES = last_names(Role.INJECTION)
# Frameworks whose decorators give functions an address; where addresses are elsewhere, decorators say who may.
_FRAMEWORKS = frozenset(row.api.partition(".")[0] for kind in (Framework, Handler) for row in rows_of(kind)) - {
    row.api for row in rows_of(Framework) if row.elsewhere
}
_DATABASE_TYPES = names("Session AsyncSession Connection AsyncConnection Database SessionDep Engine")
_DECIDERS = names("roles_required roles_accepted require_permission")
_REQUIRING = ("require_", "requires_", "ensure_")
_STEPS = names("https ssl secure json fields form ajax htmx feature config setting params method methods content type")
# Decorators that say nothing about people.
_ELSEWHERE = names(
    """route get post put patch delete head options csrf_exempt csrf_protect require_POST require_GET require_safe
    require_http_methods api_view cache_page never_cache limit exempt"""
)
HOOKS = frozenset({"before_request", "before_app_request", "middleware", "hook"})
_STOPS = frozenset({"abort", "redirect", "raise", "HTTPException", "send_error", "error", "PermissionDenied"})
# Where a client can put whatever it likes.
CLIENT_DATA = names(
    """args form forms values json cookies headers query query_params GET POST COOKIES META data get_json match_info
    files body view_args path_params rel_url raw_args get_argument get_body_argument get_query_argument rfile
    get_arguments get_cookie get_header media params"""
)
_SESSIONS = names("session current_user")
_USER_ATTRIBUTES = names("user current_user session auth identity principal remote_user")
# Readings of a header that leave its text what the client sent.
_READINGS = names("get getlist get_header strip lower removeprefix split partition str")
_SHARED = frozenset({"key", "secret"})
_REFUSING = frozenset({401, 403})
# Attributes that say what somebody may do; whose something is says nothing until it is compared.
_RIGHTS = PRIVILEGES - {"owner", "owners"}
_SAME_TEXT = names("lower upper strip split")
_MAX_HELPERS = 2
_SIGNED = names("get_secure_cookie get_signed_cookie get_current_user get_jwt_identity get_jwt")


@dataclass(slots=True, eq=False)
class Principal:
    """What is known of the person who asks, in one endpoint or function."""

    unit: Unit
    level: int = NOBODY
    params: frozenset[str] = frozenset()  # parameters that stand for the person
    open_declared: bool = False  # it is declared that anybody may come
    meant: bool = False  # a check is given as a plain default, which no framework calls
    session_is_of_database: bool = False  # `self.session` holds rows, not what a browser is known by
    _known: dict[int, bool] = field(default_factory=dict)

    def is_principal(self, facts: Facts, operand: int) -> bool:
        """Whether a value is made from what the server knows of the person."""
        known = self._known.get(operand)
        if known is None:
            known = self.is_made_of_principal(facts.reads(self.unit, operand)) or self._is_signed(facts, operand)
            self._known[operand] = known
        return known

    def is_made_of_principal(self, reads: Reads) -> bool:
        """Whether something that depends on these is made from what the server knows of the person."""
        last = reads.last_names
        if last & _SESSIONS or reads.params & self.params:
            return True
        holders = last | reads.params | reads.attributes
        holds_request = bool(holders & {"request", "req", "info", "ctx", "context"})
        known = reads.attributes & _USER_ATTRIBUTES
        if self.session_is_of_database:
            known -= {"session"}
        if "g" in last and any(words(name) & PERSONS for name in reads.attributes):
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

    def _is_signed(self, facts: Facts, operand: int) -> bool:
        """``request.get_cookie("login", secret=KEY)`` of bottle."""
        return any(
            made.op == "method" and made.extra[0] == "get_cookie" and "secret" in getattr(made.extra[1], "keywords", ())
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
    if found & {"identity", "principal"}:
        return True
    if found & {"current", "logged", "authenticated"} and found & {"user", "account", "member", "id", "in"}:
        return True
    return bool(found & {"token", "jwt", "bearer", "session"}) and bool(
        found & {"user", "verify", "decode", "identity", "claims", "account", "get", "load", "member", "uid"}
    )


def principal_of(facts: Facts, endpoint: Endpoint) -> Principal:
    """What an endpoint, its class, its decorators, its dependencies and the hooks of the application say."""
    app = app_of(facts)
    params, dependency_level = _dependencies(facts, app, endpoint.unit)
    found = Principal(endpoint.unit, params=params, level=dependency_level)
    found.level = max(found.level, _declared_level(facts, app, endpoint.unit))
    if endpoint.owner is not None:
        level, is_open = class_level(facts, app, endpoint.owner)
        found.level = max(found.level, level)
        found.open_declared = is_open
    found.level = max(found.level, facts.shared(_hooks_level))
    if found.level == NOBODY and knows_who(facts, endpoint.unit):
        found.level = SOMEBODY
    found.meant = any(not reads.calls and _says_identity(reads) for reads in facts.defaults(endpoint.unit).values())
    return found


def _says_identity(reads: Reads) -> bool:
    return any(words(name.rpartition(".")[2]) & (_LOGIN | PRIVILEGES) for name in reads.names)


def _dependencies(facts: Facts, app: App, unit: Unit) -> tuple[frozenset[str], int]:
    """The parameters that FastAPI fills with who asks, and what is known then."""
    level, found = NOBODY, set()
    sources: dict[str, set[str]] = {
        name: set(reads.words) | set(reads.calls)
        for name, reads in facts.defaults(unit).items()
        if reads.last_words & _DEPENDENCIES
    }
    for name, seen in annotation_words(unit, _DEPENDENCIES).items():
        sources[name] = sources.get(name, set()) | seen
    for name, seen in annotation_words(unit, frozenset()).items():
        if name not in sources and any(_is_person_type(word) for word in seen):
            sources[name] = seen
    databases = {name for name, seen in annotation_words(unit, _DATABASE_TYPES).items() if seen & _DATABASE_TYPES}
    sources = {name: seen for name, seen in sources.items() if name not in databases}
    for name, own in app.dependencies.get(unit, {}).items():
        if name not in sources:
            continue  # a plain default: the framework never calls it
        depth = max(_inner_level(facts, app, inner) for inner in own)
        if depth > NOBODY:
            found.add(name)
            level = max(level, depth)
    for name, seen in sources.items():
        depth = max((_level_of(facts, app, word) for word in seen), default=NOBODY)
        if depth > NOBODY:
            found.add(name)
            level = max(level, depth)
    return frozenset(found), level


def _is_person_type(word: str) -> bool:
    """Names of types that stand for a dependency: ``CurrentUser``, ``AdminUser``, ``UserDep``."""
    found = words(word)
    return bool(found & {"current", "dep", "logged", "admin", "authenticated"}) and bool(
        found & {"user", "account", "member", "person", "admin", "id"}
    )


def _level_of(facts: Facts, app: App, name: str, around: Unit | None = None) -> int:  # noqa: PLR0911
    """What a decorator (``around`` an endpoint), a dependency or a mixin asks for; own ones are looked into."""
    last = name.rpartition(".")[2].removesuffix("()")
    if last in _ELSEWHERE:
        return NOBODY
    if last in last_names(Role.PERMISSION):
        return ALLOWED
    if last in last_names(Role.LOGIN):
        return SOMEBODY
    if last in app.functions:
        return max(_inner_level(facts, app, unit, around) for unit in app.functions[last])
    if last in _DECIDERS or words(last) & PRIVILEGES:
        return ALLOWED
    if last.startswith(_REQUIRING) and not words(last.partition("_")[2]) & (_LOGIN | _STEPS):
        return ALLOWED  # require_editor: a role whose name is the program's own
    if words(last) & _LOGIN or words(name.rpartition(".")[0]) & _MODULES:
        return SOMEBODY
    return NOBODY


def _inner_level(facts: Facts, app: App, unit: Unit, around: Unit | None = None) -> int:
    """What a decorator (``around`` an endpoint) or dependency of the program asks for."""
    own = list(app.within(unit))
    if any(decides(facts, inner, around=around) or _knows_key(facts, inner) for inner in own):
        return ALLOWED
    if any(_asks_who(facts, inner) for inner in own):
        return SOMEBODY
    return SOMEBODY if words(unit.name) & _LOGIN else NOBODY


def _knows_key(facts: Facts, unit: Unit) -> bool:
    """``if x_api_key not in KEYS: raise HTTPException(401)``: a key that is shared, behind which stands no person."""
    if not any(instr.op == "const" and instr.extra in _REFUSING for instr in facts.instructions(unit)):
        return False
    for instr in facts.instructions(unit):
        if instr.op == "compare" and instr.extra[0] in ("Eq", "NotEq", "In", "NotIn"):
            reads = facts.reads(unit, instr.args[0])
            if any(
                isinstance(name, str) and words(name.replace("-", "_")) & _SHARED
                for name in (*reads.params, *reads.keys)
            ):
                return True
    return False


def _asks_who(facts: Facts, unit: Unit) -> bool:
    """Whether a function reads who asks, or answers 401 or 403 (RFC 9110: not authenticated, forbidden)."""
    return any(
        says_who(facts, unit, instr) or (instr.op == "const" and instr.extra in _REFUSING)
        for instr in facts.instructions(unit)
    )


def _declared_level(facts: Facts, app: App, unit: Unit) -> int:
    """What the decorators of a function ask for, by their names or, where they are of the program, by what they do."""
    declared = facts.declarations(unit)
    seen = declared.names | declared.calls | declared.attributes
    found = [_level_of(facts, app, name, unit) for name in seen if not _is_application(name)]
    found += [_inner_level(facts, app, inner, unit) for inner in app.decorators.get(unit, ())]
    level = max(found, default=NOBODY)
    named = [const for const in declared.constants if isinstance(const, str)]
    return ALLOWED if level == SOMEBODY and PRIVILEGES.intersection(named) else level


def _is_application(name: str) -> bool:
    return name.partition(".")[0] in _FRAMEWORKS and ("login" not in name and "auth" not in name)


def class_level(facts: Facts, app: App, owner: Class) -> tuple[int, bool]:
    """What a class of endpoints declares: mixins, ``permission_classes``, ``decorators``; and whether anybody may."""
    mixins = (base for base in owner.bases if base.endswith("Mixin"))
    level = max((_level_of(facts, app, base) for base in mixins), default=NOBODY)
    is_open = False
    for name in _PERMISSION_MEMBERS:
        member = owner.member(name)
        if member is None:
            continue
        reads = facts.reads(*member)
        listed = reads.names | reads.attributes | reads.calls
        last = {word.rpartition(".")[2] for word in listed}
        if name == "permission_classes" and (last <= last_names(Role.ANYBODY) | {"permissions", ""} or not listed):
            is_open = True
            continue
        for word in listed:
            level = max(level, permission_level(facts, app, word))
    if owner.member("permission_required") is not None:
        level = ALLOWED
    for name in ("prepare", "dispatch", "initial", "check_permissions", "get_permissions"):
        hook = owner.method(name)
        if hook is not None:
            level = max(level, _own_level(facts, hook))
    return level, is_open and level == NOBODY


def permission_level(facts: Facts, app: App, name: str) -> int:
    """What a class of DRF's permissions asks for."""
    last = name.rpartition(".")[2]
    if last in last_names(Role.LOGIN):
        return SOMEBODY
    if last == "permissions" or last in last_names(Role.ANYBODY):
        return NOBODY
    own = next((cls for unit, cls in app.classes.items() if unit.name == last), None)
    if own is not None:
        return ALLOWED if any(own.method(part) for part in ("has_object_permission", "has_permission")) else SOMEBODY
    level = _level_of(facts, app, last)
    return ALLOWED if level == NOBODY and last[:1].isupper() else level  # a permission of another file


def _own_level(facts: Facts, unit: Unit) -> int:
    if decides(facts, unit):
        return ALLOWED
    return SOMEBODY if _asks_who(facts, unit) else NOBODY


def _hooks_level(facts: Facts) -> int:
    """What functions that run before every endpoint ask for, where they can refuse."""
    app = app_of(facts)
    level = NOBODY
    for unit in facts.functions:
        declared = facts.declarations(unit).last_words
        if not declared & HOOKS:
            continue
        inside = list(app.within(unit))
        if any(_can_refuse(facts, inner) for inner in inside):
            level = max(level, *(_own_level(facts, inner) for inner in inside))
    for unit in facts.units:
        for instr in facts.instructions(unit):
            if instr.op == "method" and instr.extra[0] in ("before_request", "add_middleware", "include_router"):
                reads = Reads()
                for arg in instr.args[1:]:
                    reads.update(facts.reads(unit, arg))
                seen = reads.last_names
                if any(words(name) & {"auth", "authentication", "login"} for name in seen):
                    level = max(level, SOMEBODY)
    return level


def _can_refuse(facts: Facts, unit: Unit) -> bool:
    for instr in facts.instructions(unit):
        if instr.op in ("call", "method"):
            called = called_words(facts, unit, instr)
            if called & _STOPS:
                return True
        elif instr.op == "return" and not returns_constant(unit, instr):
            return True
    return any(ends_in_exception(block) for block in unit.blocks)


def decides(facts: Facts, unit: Unit, who: Principal | None = None, around: Unit | None = None) -> bool:
    """Whether a function lets something depend on who asks, beyond that somebody does.

    A decorator ``around`` an endpoint decides by the arguments that the endpoint has.
    """
    who = who or Principal(unit)
    for instr in facts.instructions(unit):
        if instr.op == "compare":
            if around is not None and _asks_for_others(facts, unit, instr, around):
                continue
            sides = [arg for arg in instr.args if who.is_principal(facts, arg)]
            sides = [arg for arg in sides if told(facts, unit, arg) is None]
            said = sides and not asks_for_presence(facts, unit, instr)
            if (said or _mentions_privilege(facts, unit, instr)) and not facts.is_idle(unit, instr):
                return True
        elif instr.op in ("call", "method"):
            if _calls_check(facts, who, instr):
                return True
        elif instr.op == "attr":
            named = words(str(instr.extra)) & _RIGHTS and not str(instr.extra)[:1].isupper()
            if named and not facts.is_idle(unit, instr):
                return True
        elif instr.op == "sub" and who.is_principal(facts, instr.args[1]):
            return True
    return False


def _asks_for_others(facts: Facts, unit: Unit, compare: Instr, around: Unit) -> bool:
    """``kwargs["account_id"]`` where the decorated function calls that argument otherwise: it is never there."""
    for operand in compare.args:
        reads = facts.reads(unit, operand)
        is_keyword = unit.params.kwarg in reads.params and bool(reads.keys)
        if is_keyword and reads.keys.isdisjoint(around.params.names) and around.params.kwarg is None:
            return True
    return False


def told(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> Instr | None:
    """Where a value, or one of its alternatives, is what the request says: nothing verifies it or looks it up."""
    work, seen = [operand], set()
    while work:
        made = definition(unit, work.pop())
        if made is None or made in seen:
            continue
        seen.add(made)
        if is_request_part(facts, unit, made):
            return made
        if made.op == "phi":
            work += made.args
        elif made.op == "method" and made.extra[0] in _SAME_TEXT:
            work.append(made.args[0])
        elif made.op in ("call", "method") and depth < _MAX_HELPERS:
            for callee in facts.called(made):
                for step in facts.instructions(callee):
                    found = told(facts, callee, step.args[0], depth + 1) if step.op == "return" else None
                    if found is not None:
                        return found
        elif made.op == "call" and "builtins.str" in facts.library_names(unit, made):
            work += made.args[1:]
    return None


def is_request_part(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``request.args.get("id")``, ``request.form["id"]``: what the client sent, and no record."""
    holder = untested(unit, step.args[0]) if step.op in ("sub", "method") else None
    if holder is None or holder.op != "attr" or holder.extra not in CLIENT_DATA:
        return False
    reads = facts.reads(unit, holder.args[0])
    return bool((reads.last_names | reads.params) & {"request", "req"})


def _calls_check(facts: Facts, who: Principal, instr: Instr) -> bool:
    """A call whose name asks for a permission, or that is told who asks and does more than look that person up."""
    unit = who.unit
    own = facts.called(instr)
    if own and every(facts.does_nothing(callee) for callee in own):
        return False
    called = named_words(facts, unit, instr) | {callee.name for callee in own}
    if "compare_digest" in called:
        return True  # a key that is shared with a machine
    if any(words(name) & PRIVILEGES and not name[:1].isupper() for name in called):
        return True
    passed = _leaves(unit, instr.args[1:])
    if not any(who.is_principal(facts, arg) for arg in passed) or called & _TELLING:
        return False
    if called & _LOOKING or any(name.partition("_")[0] in _LOOKING for name in called):
        return any(who.is_client(facts, arg) for arg in passed)
    return True


def _leaves(unit: Unit, operands: list[int]) -> list[int]:
    found: list[int] = []
    for operand in operands:
        made = unit.defs[operand]
        while made is not None and made.op in ("assign", "copy", "pi"):
            made = unit.defs[made.args[0]]
        if made is not None and made.op == "build":
            found += made.args
        else:
            found.append(operand)
    return found


# Calls that tell or convert who asks, or look that person up: nothing is decided there.
_TELLING = names(
    """info debug warning error exception append format isinstance str int print len bool loads decode jsonify
    render_template render dict update set getattr hasattr pop"""
)
_LOOKING = names(
    "get find first one filter filter_by where execute fetch load query get_or_404 get_object_or_404 select"
)


def _mentions_privilege(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """``claims.get("role") != "admin"``."""
    reads = facts.reads(unit, instr.dst)
    asked = {*reads.names, *(key for key in (*reads.keys, *reads.constants) if isinstance(key, str) and " " not in key)}
    return any(words(name) & _RIGHTS for name in asked)


def known_endpoints(facts: Facts) -> Iterator[tuple[Endpoint, Principal]]:
    """The endpoints of the program, each with who asks."""
    yield from facts.shared(_known_endpoints)


def _known_endpoints(facts: Facts) -> list[tuple[Endpoint, Principal]]:
    return [(endpoint, principal_of(facts, endpoint)) for endpoint in app_of(facts).endpoints]


_OWNED = names("user account member owner author creator customer uploader employee patient recipient tenant")
_COLUMNS = names("user owner account member tenant customer id")


def _is_of_owner(column: str) -> bool:
    parts = set(column.lower().split("_"))
    return parts <= _COLUMNS and parts != {"id"}


def _is_model(facts: Facts, unit: Unit) -> bool:
    cls = app_of(facts).classes.get(unit)
    return cls is not None and bool(cls.bases & {"Model", "Base", "SQLModel", "DeclarativeBase", "Document"})


def owner_words(facts: Facts) -> bool:
    """Whether the program knows records that belong to somebody: it compares, filters or stores the owner of one."""
    for unit in facts.units:
        for instr in facts.instructions(unit):
            if instr.op in ("attr", "setattr", "field", "setmember") and words(str(instr.extra)) & RECORD_OWNERS:
                return True
            if instr.op == "setmember" and _is_of_owner(str(instr.extra)) and _is_model(facts, unit):
                return True
            if instr.op in ("call", "method"):
                shape = instr.extra[1] if instr.op == "method" else instr.extra
                keywords = getattr(shape, "keywords", ())
                if any(keyword and words(keyword) & _OWNED for keyword in keywords):
                    return True
            elif instr.op == "const" and isinstance(instr.extra, str):
                is_sql = "=" in instr.extra and any(f"{word}_id" in instr.extra for word in _OWNED)
                if instr.extra in RECORD_OWNERS or is_sql:
                    return True
    return False
