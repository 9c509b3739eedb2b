"""Profiles and severities: what is shown of one and the same analysis, and how loud.

The analysis finds the same whoever looks. A profile says which rules run where no others were named, and how sure a
finding has to be: an application has entry points that outsiders reach, and wants to hear of these; a library wants to
hear what its callers may do to it; ``reward`` is what a program is judged by while a model is trained.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from real.formats.record import Record, ScannedProgram, Severity, Standing
from real.types import Confidence


class Profile(StrEnum):
    """Who asks."""

    APP = "app"
    LIBRARY = "library"
    REWARD = "reward"


# Of what may be missing in an application only: its pages, its users and their sessions.
_OF_APPLICATIONS = frozenset({"CWE-352", "CWE-862", "CWE-863"})
_LEAST = {Profile.APP: Confidence.MEDIUM, Profile.LIBRARY: Confidence.LOW, Profile.REWARD: Confidence.LOW}
_ORDER = tuple(Confidence)  # from the least sure on

# The others run the attacker's code, read or change what is somebody else's, or let him be somebody else ("Common
# Consequences" of each weakness on cwe.mitre.org); these need a victim or another weakness, or cost time and memory.
_MEDIUM = frozenset(
    {"CWE-74", "CWE-79", "CWE-200", "CWE-327", "CWE-352", "CWE-601", "CWE-770", "CWE-1333"},
)


def least_confidence(profile: Profile) -> Confidence:
    """How sure a finding has to be to be shown where nothing else is asked for."""
    return _LEAST[profile]


def rules_of(profile: Profile, rules: tuple[str, ...]) -> tuple[str, ...]:
    """Of all rules those that run where none were named."""
    return tuple(rule for rule in rules if profile is not Profile.LIBRARY or rule not in _OF_APPLICATIONS)


def without_doubtful(program: ScannedProgram, least: Confidence) -> ScannedProgram:
    """The program with the findings marked that are less sure than ``least``."""
    return program.judged(_held(record, least) for record in program.records)


def _held(record: Record, least: Confidence) -> Record:
    is_sure = record.confidence is None or _ORDER.index(record.confidence) >= _ORDER.index(least)
    return record if is_sure or not record.is_open else replace(record, standing=Standing.DOUBTFUL)


def severity(rule: str) -> Severity:
    """How severe a rule's weakness is."""
    return Severity.MEDIUM if rule in _MEDIUM else Severity.HIGH
