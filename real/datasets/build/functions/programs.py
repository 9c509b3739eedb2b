"""Questions to Python functions: the same body with types that MyPy accepts in strict mode, or with a defect."""

from __future__ import annotations

from dataclasses import dataclass

from real.datasets.build.functions.patterns import Pattern
from real.datasets.build.functions.subjects import Subject

IDIOMS = ("comprehension", "loop")
# How the function is annotated. All run alike; MyPy in strict mode accepts ``typed`` alone.
TYPED = "typed"
DEFECTS = ("bare", "no_return", "generic", "wrong_return")
_OTHER = {"int": "str", "float": "str", "str": "int"}


@dataclass(frozen=True, slots=True)
class Question:
    """A variant of a pattern, asked of one subject."""

    subject: Subject
    pattern: Pattern
    variant: str

    @property
    def function(self) -> str:
        """The name of the function that is asked for."""
        return self.fill(self.pattern.function)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Name and type of each parameter."""
        own = (self.subject.items, "list[{T}]")
        return [(name, self.fill(of)) for name, of in (own, *self.pattern.parameters)]

    @property
    def starter(self) -> str:
        """The signature without types, as a task shows it."""
        return f"def {self.function}({', '.join(name for name, _ in self.parameters)}):"

    @property
    def wrong(self) -> list[str]:
        """The other variants, whose bodies are wrong here."""
        return [name for name in self.pattern.variants if name != self.variant]

    def fill(self, template: str, variant: str = "", **fields: str) -> str:
        """A template of the pattern with the names of the subject and the fields of a variant (default: this one)."""
        names = {"items": self.subject.items, "item": self.subject.item, "T": self.subject.kind}
        told = self.pattern.variants[variant or self.variant]
        own = {name: value.format(**names) for name, value in told.items()}
        return template.format(**names, **own, **fields, variant=self.variant)


def program(question: Question, idiom: str = IDIOMS[0], types: str = TYPED, variant: str = "") -> str:
    """A function that answers ``question``, or does so with the body of another ``variant``; ends with a newline."""
    local = "" if types == "bare" or not question.pattern.local else f": {_local(question, types)}"
    body = [question.fill(line, variant, local=local) for line in question.pattern.bodies[idiom]]
    return "\n".join([_signature(question, types), *body]) + "\n"


def _local(question: Question, types: str) -> str:
    of = question.fill(question.pattern.local)
    return of.partition("[")[0] if types == "generic" else of


def _signature(question: Question, types: str) -> str:
    if types == "bare":
        return question.starter
    parameters = [(name, of.partition("[")[0] if types == "generic" else of) for name, of in question.parameters]
    returns = question.fill(question.pattern.returns)
    told = {"no_return": "", "wrong_return": f" -> {_wrong(returns)}"}.get(types, f" -> {returns}")
    return f"def {question.function}({', '.join(f'{name}: {of}' for name, of in parameters)}){told}:"


def _wrong(returns: str) -> str:
    """Another type: without the ``None`` that may be returned, or with other items, or another one at all."""
    if returns.endswith(" | None"):
        return returns.removesuffix(" | None")
    head, _, items = returns.partition("[")
    if head == "list":
        return f"list[{_OTHER[items.removesuffix(']')]}]"
    return "dict[str, str]" if head == "dict" else _OTHER[head]
