"""The examples in the docstrings of models: a line that ends with ``# CWE-601`` is reported for that, no other is."""

import importlib
import pkgutil
import textwrap

import pytest

from real.detector import models, scan
from real.detector.rules import all_rules, extended_rules

ALL = tuple(rule.cwe for rule in (*all_rules(), *extended_rules()))


def example(module: str) -> str:
    """The indented lines of the docstring, as a program."""
    doc = importlib.import_module(f"real.detector.models.{module}").__doc__ or ""
    lines = doc.splitlines()[1:]
    return textwrap.dedent("\n".join(line for line in lines if not line or line.startswith("    "))).strip()


EXAMPLES = {module.name: text for module in pkgutil.iter_modules(models.__path__) if (text := example(module.name))}


def test_new_frameworks_have_examples() -> None:
    assert {"litestar", "django_ninja"} <= EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_marked_lines_are_reported(name: str) -> None:
    lines = EXAMPLES[name].splitlines()
    marked = {(number, line.split("# ")[1]) for number, line in enumerate(lines, 1) if "# CWE-" in line}
    found = {(finding.line, finding.rule) for finding in scan(EXAMPLES[name], select=ALL).findings}
    assert found == marked
    assert marked
