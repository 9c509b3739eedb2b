"""A subclass of ``pickle.Unpickler`` is safe where it lists classes, and not where it lists modules."""

import pytest

from real.detector import scan

CODE = """import builtins, importlib, io, pickle
NAMES = {{'a'}}
PAIRS = {{('m', 'a')}}
MODULES = {{'m': {{'a'}}}}
class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if {0}:
            return {1}
        raise pickle.UnpicklingError('no')
def read(x):
    return Reader(io.BytesIO(x)).load()
"""
FOUND = ("super().find_class(module, name)", "getattr(importlib.import_module(module), name)")
LISTS = (
    "module == 'm' and name in NAMES",
    "(module, name) in PAIRS",
    "name in MODULES.get(module, ())",
    "f'{module}.{name}' in NAMES",
)
OPEN = ("module in MODULES", "module.split('.')[0] in MODULES", "module.startswith('m')", "module in MODULES and name")


@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize("test", [*LISTS, *OPEN])
def test_what_an_unpickler_admits(test: str, found: str) -> None:
    rules = {finding.rule for finding in scan(CODE.format(test, found)).findings}
    assert ("CWE-502" in rules) is (test in OPEN)


DRIVER = """from flask import Flask, jsonify
app = Flask(__name__)
@app.get('/a')
def show():
    try:
        return jsonify(load())
    except {0} as error:
        return jsonify(error=str(error)), 500
"""


@pytest.mark.parametrize(
    ("kind", "tells"), [("driver.PostgresError", True), ("OracleError", True), ("ValueError", False)]
)
def test_the_text_of_a_database_s_error_is_about_the_inside(kind: str, tells: bool) -> None:
    assert ("CWE-200" in {finding.rule for finding in scan(DRIVER.format(kind)).findings}) is tells
