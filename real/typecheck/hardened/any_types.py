"""Rules about types that say nothing; ``typed`` finds them in MyPy's own tree, where no alias hides them."""

from __future__ import annotations

from real.typecheck.hardened.rule import Rule

ANY = Rule(
    "hatch:any",
    "the type Any",
    "Everything is compatible with `Any`, and everything can be done with it: MyPy checks nothing. It counts "
    "wherever it is written: in an annotation, under another name, inside `list[Any]`, in `cast`, as a base "
    "class.",
    "Write the type of the values: int, list[str], a TypeVar, a Protocol, or object where anything is welcome.",
)
UNIMPORTED = Rule(
    "hatch:unimported",
    "a type from a library that the type checker does not follow",
    "No third-party library is followed, so a type from one is `Any`, and so is a type imported from a library "
    "that does not exist.",
    "Annotate with types of the standard library or of the program itself.",
)
CAST = Rule(
    "hatch:cast",
    "a cast that nothing supports",
    "`cast` makes MyPy believe its argument. From `object`, or between types that have nothing in common, that is "
    "a claim no code backs. Narrowing an optional or a union, a subclass, or the `Any` of a library is not "
    "reported.",
    "Give the value its type where it comes from, or test it with isinstance.",
)
NEVER = Rule(
    "hatch:never",
    "a parameter or variable that can have no value",
    "With the type `Never` or `NoReturn` everything can be done, because MyPy takes the code for dead. Only "
    "functions that themselves return `Never`, such as `assert_never`, take such an argument.",
    "Write the type of the values.",
)

GETATTR = Rule(
    "hatch:getattr",
    "an attribute read by a constant name",
    "`getattr(x, 'name')` is `x.name` with the type `Any`. It is reported where x has that attribute, so that the call "
    "only hides its type, and where x is a plain `object`.",
    "Write x.name, so that its type is known.",
)
LAMBDA = Rule(
    "hatch:untyped-lambda",
    "a lambda with parameters in the place of a function",
    "The parameters of a lambda bound to a name cannot be annotated; without a declared type they are `Any` and "
    "its body is not checked. PEP 8 asks for `def` here too.",
    "Write a def with annotations, or declare the variable: f: Callable[[int], int] = lambda n: n + 1.",
)

RULES = (ANY, UNIMPORTED, CAST, NEVER, GETATTR, LAMBDA)

# Options of MyPy, on in the hardened policy only, whose errors are findings of ours.
FLAGS = ("--disallow-any-explicit", "--disallow-any-unimported")
FROM_MYPY = {"explicit-any": ANY, "no-any-unimported": UNIMPORTED}
