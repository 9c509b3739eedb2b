"""What decorators, dependencies, mixins and classes of permissions ask for: a login, or more.

Those of libraries are known by their models, those of the program by what they do, all others by their names.
"""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.concepts.annotations import annotation_words
from real.detector.concepts.decisions import decides
from real.detector.concepts.endpoints import App, Class
from real.detector.concepts.identity import says_who
from real.detector.concepts.principals import ALLOWED, NOBODY, SOMEBODY, Principal
from real.detector.concepts.receivers import is_used_as_database
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import AUTHENTICATION_WORDS, PERSONS, PRIVILEGES, REQUIREMENT_WORDS, words

# Words in the names of decorators, dependencies and mixins that let only known people pass.
LOGIN = AUTHENTICATION_WORDS | PERSONS | names("bearer credentials session")
_PERMISSION_MEMBERS = ("permission_classes", "permissions", "decorators", "method_decorators")
_REQUIRING = ("require_", "requires_", "ensure_")
# Decorators that say nothing about people.
_ELSEWHERE = last_names(Role.ROUTE, Role.CSRF, Role.CSRF_EXEMPT, Role.POST_ONLY, Role.GET_ONLY) | {
    "require_http_methods"
}
_DEPENDENCIES = last_names(Role.INJECTION)
_DATABASE_TYPES = names("Session AsyncSession Connection AsyncConnection Database SessionDep Engine")
_MAX_DEPTH = 4  # dependencies of dependencies
_SHARED = frozenset({"key", "secret"})
_REFUSING = frozenset({401, 403})


def level_of(  # noqa: PLR0911
    facts: Facts, app: App, name: str, around: Unit | None = None, depth: int = 0
) -> int:
    """What a decorator (``around`` an endpoint), a dependency or a mixin asks for; own ones are looked into."""
    last = name.rpartition(".")[2].removesuffix("()")
    if last in _ELSEWHERE:
        return NOBODY
    if last in last_names(Role.PERMISSION):
        return ALLOWED
    if last in last_names(Role.LOGIN):
        return SOMEBODY
    if last in app.functions:
        return max(inner_level(facts, app, unit, around, depth) for unit in app.functions[last])
    if words(last) & PRIVILEGES:
        return ALLOWED
    if last.startswith(_REQUIRING) and not words(last.partition("_")[2]) & (LOGIN | REQUIREMENT_WORDS):
        return ALLOWED  # require_editor: a role whose name is the program's own
    if words(last) & LOGIN or words(name.rpartition(".")[0]) & (AUTHENTICATION_WORDS | {"permissions"}):
        return SOMEBODY
    return NOBODY


def inner_level(facts: Facts, app: App, unit: Unit, around: Unit | None = None, depth: int = 0) -> int:
    """What a decorator (``around`` an endpoint) or dependency of the program asks for, also by what it depends on."""
    own = list(app.within(unit))
    known, level = given(facts, app, unit, depth) if depth < _MAX_DEPTH else (frozenset[str](), NOBODY)
    who = {unit: Principal(unit, params=known)}
    if any(decides(facts, inner, who.get(inner), around) or _knows_key(facts, inner) for inner in own):
        return ALLOWED
    if level > NOBODY or any(_asks_who(facts, inner) for inner in own):
        return max(level, SOMEBODY)
    return SOMEBODY if words(unit.name) & LOGIN else NOBODY


def given(facts: Facts, app: App, unit: Unit, depth: int = 0) -> tuple[frozenset[str], int]:
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
    databases |= {
        str(step.extra) for step in facts.instructions(unit, "param") if is_used_as_database(facts, unit, step)
    }
    sources = {name: seen for name, seen in sources.items() if name not in databases}
    for name, own in app.dependencies.get(unit, {}).items():
        if name not in sources:
            continue  # a plain default: the framework never calls it
        asked = max(inner_level(facts, app, inner, depth=depth + 1) for inner in own)
        if asked > NOBODY:
            found.add(name)
            level = max(level, asked)
    for name, seen in sources.items():
        asked = max((level_of(facts, app, word, depth=depth + 1) for word in seen), default=NOBODY)
        if asked > NOBODY:
            found.add(name)
            level = max(level, asked)
    return frozenset(found), level


def _is_person_type(word: str) -> bool:
    """Names of types that stand for a dependency: ``CurrentUser``, ``AdminUser``, ``UserDep``."""
    found = words(word)
    return bool(found & {"admin", "current", "dep"} and found & PERSONS - {"current"})


def _knows_key(facts: Facts, unit: Unit) -> bool:
    """``if x_api_key not in KEYS: raise HTTPException(401)``: a key that is shared, behind which stands no person."""
    if not any(instr.op == "const" and instr.extra in _REFUSING for instr in facts.instructions(unit)):
        return False
    for instr in facts.instructions(unit, "compare"):
        if instr.extra[0] in ("Eq", "NotEq", "In", "NotIn"):
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


def class_level(facts: Facts, app: App, owner: Class) -> tuple[int, bool]:
    """What a class of endpoints asks for, also in the methods that run before each; and whether anybody may."""
    level, is_open = declared_level(facts, app, owner)
    for name in ("prepare", "dispatch", "initial", "check_permissions", "get_permissions"):
        hook = owner.method(name)
        if hook is not None:
            level = max(level, own_level(facts, hook))
    return level, is_open and level == NOBODY


def declared_level(facts: Facts, app: App, owner: Class) -> tuple[int, bool]:
    """What a class of endpoints declares: mixins, ``permission_classes``, ``decorators``; and whether anybody may."""
    mixins = (base for base in owner.bases if base.endswith("Mixin"))
    level = max((level_of(facts, app, base) for base in mixins), default=NOBODY)
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
    level = level_of(facts, app, last)
    return ALLOWED if level == NOBODY and last[:1].isupper() else level  # a permission of another file


def own_level(facts: Facts, unit: Unit) -> int:
    if decides(facts, unit):
        return ALLOWED
    return SOMEBODY if _asks_who(facts, unit) else NOBODY
