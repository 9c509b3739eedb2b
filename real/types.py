"""The vocabulary: what flows from a dataset row to a reward (see ``real/judge.py`` for the flow itself).

Everything here is immutable, picklable and free of third-party imports, so that every room of the house may import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class Check(StrEnum):
    """A quality check of a program: the detector (security) or the type checker (maintainability)."""

    SECURITY = "security"
    MAINTAINABILITY = "maintainability"


# --- Task: what is asked, and how an answer is judged ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class StdinCase:
    """Feed ``stdin`` to a fresh run of the program; its standard output should be ``expected``."""

    stdin: str
    expected: str


@dataclass(frozen=True, slots=True)
class ScriptSuite:
    """Tests of a whole script; ``database`` is a Python script that builds an SQLite file in the working directory."""

    cases: tuple[StdinCase, ...]
    database: str | None = None


@dataclass(frozen=True, slots=True)
class CallCase:
    """Call the entry point with JSON values; the returned value should equal ``expected``."""

    expected: JsonValue
    args: tuple[JsonValue, ...] = ()
    kwargs: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallSuite:
    """Tests of one function (``entry="solve"``) or of one method (``entry="Solution.solve"``).

    ``prelude``: names of the usual import header (``List``, ``math``, ``deque``) are supplied where a program uses them
    without defining them.
    """

    entry: str
    cases: tuple[CallCase, ...]
    prelude: bool = False


@dataclass(frozen=True, slots=True)
class LiteralCase:
    """Call the entry point with ``**arguments``; both fields are Python source, ``expected`` may name an exception."""

    arguments: str
    expected: str


@dataclass(frozen=True, slots=True)
class LiteralSuite:
    """SecCodePLT tests: ``setup`` runs before the program; state persists between cases, which run in order."""

    entry: str
    cases: tuple[LiteralCase, ...]
    setup: str = ""


@dataclass(frozen=True, slots=True)
class AttackCase:
    """An attack on standard input; ``expected`` is what a safe program prints, where that is known."""

    stdin: str
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class AttackSuite:
    """Attacks on a script with a database: a case passes when nothing leaks and no stored data changes."""

    cases: tuple[AttackCase, ...]
    database: str


Suite: TypeAlias = ScriptSuite | CallSuite | LiteralSuite | AttackSuite


@dataclass(frozen=True, slots=True)
class Task:
    """One benchmark item: a prompt and everything that judges an answer to it.

    ``reference`` is a solution that should pass every check, ``unsafe`` its insecure twin (function tests pass, quality
    fails); either is ``None`` where a data set has none. ``safety`` are the safety unit tests of the paper's Table 5.
    """

    task_id: str
    dataset: str
    split: str
    prompt: tuple[Message, ...]
    tests: Suite
    checks: tuple[Check, ...]
    safety: Suite | None = None
    cwe: str | None = None
    entry_point: str | None = None
    starter_code: str | None = None
    reference: str | None = None
    unsafe: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


# --- Completion and Program: what the policy wrote ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Completion:
    """The response of a policy to one task; never contains the prompt."""

    task_id: str
    text: str
    finished: bool = True  # False: cut off at the length limit
    sample: int = 0  # which of several answers to the task


@dataclass(frozen=True, slots=True)
class Program:
    """Source code extracted from a completion, or ``code=None`` with the reason why there is none."""

    code: str | None
    reason: str | None = None


# --- Analysis: what the detector and the type checker say ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a source-to-sink trace; ``line`` is 1-based, ``column`` 0-based as in ``ast``, where it is known.

    ``path`` is the file of the step where it is another one than that of the finding.
    """

    line: int
    note: str
    column: int | None = None
    path: str = ""


class Confidence(StrEnum):
    """How much speaks for a finding; no verdict of a reward depends on it.

    ``HIGH``: the data enter where outsiders really write (a request, the command line, standard input), or the defect
    is a fact of the text. ``MEDIUM``: one link is a guess. ``LOW``: anybody could call it so, but nobody is known to,
    or a sink is known by the name of a method alone.
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect. ``rule`` is a CWE id (``CWE-89``) for the detector, ``mypy:<error-code>`` for the type checker.

    ``path`` is the file that it stands in where that is not the analysed one, but one of its project.
    """

    rule: str
    line: int  # 1-based
    message: str
    column: int = 0  # 0-based, as in ``ast``
    trace: tuple[TraceStep, ...] = ()
    fix: str = ""  # the sanitizer, guard or annotation that would have silenced it
    confidence: Confidence = Confidence.HIGH
    path: str = ""


class AnalysisStatus(StrEnum):
    """``CLEAN`` is the only status that passes; ``ERROR`` is our failure, not the program's."""

    CLEAN = "clean"
    FINDINGS = "findings"
    PARTIAL = "partial"  # nothing found, but a part was not seen that could hide a flow: never clean
    UNANALYZABLE = "unanalyzable"  # syntax error, NUL bytes, too large, or it breaks the analyser: never clean
    ERROR = "error"  # the analyser fails on harmless programs too: the sample is masked


@dataclass(frozen=True, slots=True)
class Unseen:
    """A part of a program that was not analysed and could hide a flow; ``line`` is 1-based, 0 for the whole program."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of one analyser on one program.

    Where something is ``unseen``, the status is ``FINDINGS`` if the rest has any, and else ``PARTIAL``.
    """

    status: AnalysisStatus
    findings: tuple[Finding, ...] = ()
    reason: str = ""  # why unanalyzable, error or partial
    analyser_failed: bool = False  # unanalyzable because the analyser fails on this program, and on no harmless one
    unseen: tuple[Unseen, ...] = ()
    note: str = ""  # what a person should know of how it was analysed


# --- Execution: what the sandbox observed ------------------------------------------------------------


class OutcomeStatus(StrEnum):
    """The status of one test case; ``INFRA_ERROR`` is never scored as 0."""

    PASS = "pass"
    WRONG = "wrong"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    COMPILE_ERROR = "compile_error"
    INFRA_ERROR = "infra_error"


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What one test case came to; ``output`` is what the program printed or claimed, capped."""

    __test__ = False  # not a pytest class

    status: OutcomeStatus
    seconds: float = 0.0  # CPU seconds
    output: str = ""
    detail: str = ""  # last error line, or why an attack succeeded
    other: OutcomeStatus | None = None  # the status under the other of the two protocols, where it is another one


@dataclass(frozen=True, slots=True)
class Limits:
    """What one test case may use."""

    cpu_s: float = 2.0
    memory_mb: int = 1024
    output_kb: int = 256  # printed; more where the expected output of a test is long
    file_mb: int = 16
    processes: int = 0  # child processes the program may start
    timeouts: int = 0  # cases that may run out of time before the others are not run any more; 0: all are run
    paper_s: float = 0.0  # CPU seconds by the protocol paper, where it is to be told from strict; 0: cpu_s too


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """One program and one suite to run it against."""

    request_id: str
    code: str
    suite: Suite
    limits: Limits = Limits()
    repeat: int = 0  # another number: run anew, whatever is remembered of an earlier run
    counts_prompts: bool = True  # by the protocol paper: as many prompts in the code as a test has lines of input


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """Outcomes in the order of the suite's cases; always as many as there are cases."""

    request_id: str
    outcomes: tuple[TestOutcome, ...]
    isolation: str  # strong | medium | weak | external (a SandboxFusion server, whose walls cannot be measured)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a program's tests came to; ``safety`` where the task has safety tests and they were run."""

    tests: tuple[TestOutcome, ...] = ()
    safety: tuple[TestOutcome, ...] | None = None
    flaky: bool = False  # two runs of the tests differed: these are the outcomes of a third, alone


# --- Verdict and Reward ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything known about one program: the input of every reward variant and of every metric."""

    task_id: str
    program: Program
    outcomes: tuple[TestOutcome, ...] = ()
    analyses: Mapping[Check, Analysis] = field(default_factory=dict)
    safety: tuple[TestOutcome, ...] | None = None
    baseline: float | None = None  # share of the task's tests that doing nothing passes, where the reward asks for it
    absent_quality: bool = False  # no program, and the protocol counts that as quality passed (real.protocols)
    flaky: bool = False  # as in Observed
    other_protocol: Observed | None = None  # what the other protocol takes for the program, where that was asked for


@dataclass(frozen=True, slots=True)
class Credit:
    """Blame for a part of a response, the characters ``[start, end)`` of ``Completion.text``.

    ``value``: what the defects there cost the response, above 0, in the unit of its reward.
    """

    start: int
    end: int
    value: float


@dataclass(frozen=True, slots=True)
class Reward:
    """A scalar, or ``value=None`` (masked: an infrastructure failure, with the reason); components are for logs.

    The scalar is for the whole response. ``credit`` says which parts of the response it was lost on, where
    ``reward.credit`` asks for that: disjoint parts in their order. It changes no sum (``real/rewards/credit.py``).
    """

    value: float | None
    components: Mapping[str, float] = field(default_factory=dict)
    masked: str | None = None
    credit: tuple[Credit, ...] = ()
