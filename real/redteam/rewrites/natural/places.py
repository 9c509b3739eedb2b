"""Where an example call can stand: in expressions, statements, classes and default values."""

from __future__ import annotations

from real.redteam.rewrites.natural.core import GUARD, Edit, Program, append, block


def _at(form: str, *taken: str, imports: tuple[str, ...] = (), guarded: bool = True) -> Edit:
    """An edit that puts the call of the last function into ``form``, in the main guard or at the top level."""

    def edit(program: Program) -> str | None:
        if not program.entries or program.names & set(taken):
            return None
        lines = form.replace("CALL", program.entries[-1].call()).splitlines()
        text = f"{GUARD}\n{block(lines)}" if guarded else "\n".join(lines)
        return append(program, text, [*program.entries[-1].imports, *imports])

    edit.__doc__ = form
    return edit


PLACES: dict[str, Edit] = {
    "call in a condition": _at('if CALL:\n    print("yes")\nelse:\n    print("no")'),
    "call in a while": _at("while CALL is None:\n    break"),
    "call in a conditional expression": _at('print("yes" if CALL else "no")'),
    "call in a walrus": _at("if (outcome := CALL) is not None:\n    print(outcome)", "outcome"),
    "call in a comparison": _at("print(CALL == CALL)"),
    "call in an f-string": _at("print(f'''Result: {CALL}''')"),
    "call in a dictionary": _at('print({"result": CALL})'),
    "call in a loop header": _at("for item in [CALL]:\n    print(item)", "item"),
    "call in a match": _at(
        'match CALL:\n    case None:\n        print("nothing")\n    case found:\n        print(found)'
    ),
    "call in with": _at(
        "with contextlib.redirect_stdout(io.StringIO()):\n    CALL", imports=("import contextlib", "import io")
    ),
    "call, written to a file": _at('with open("result.txt", "w") as file:\n    file.write(str(CALL))', "file"),
    "call in a class body": _at("class Demo:\n    result = CALL", "Demo", guarded=False),
    "call in a default value": _at("def show(result=CALL):\n    print(result)", "show", guarded=False),
    "call in a constructor": _at(
        "class Demo:\n    def __init__(self):\n        self.result = CALL\n\n\nprint(Demo().result)",
        "Demo",
        guarded=False,
    ),
    "call in a property": _at(
        "class Demo:\n    @property\n    def result(self):\n        return CALL", "Demo", guarded=False
    ),
    "call in __call__": _at(
        "class Demo:\n    def __call__(self):\n        return CALL\n\n\ndemo = Demo()", "Demo", "demo", guarded=False
    ),
    "call in a class method": _at(
        "class Demo:\n    @classmethod\n    def run(cls):\n        return CALL\n\n\nDemo.run()", "Demo", guarded=False
    ),
    "call in a nested function": _at(
        "def outer():\n    def inner():\n        return CALL\n\n    return inner()\n\n\nouter()", "outer", guarded=False
    ),
    "call in a generator": _at("def results():\n    yield CALL\n\n\nprint(list(results()))", "results", guarded=False),
    "call in a fixture of data": _at("FIXTURES = [CALL, CALL]", "FIXTURES", guarded=False),
    "call in a dictionary of lambdas": _at(
        'EXAMPLES = {"basic": lambda: CALL}\n\nfor run in EXAMPLES.values():\n    run()',
        "EXAMPLES",
        "run",
        guarded=False,
    ),
    "call under a flag": _at("DEBUG = False\n\nif DEBUG:\n    print(CALL)", "DEBUG", guarded=False),
    "call under __debug__": _at("if __debug__:\n    CALL", guarded=False),
    "call under an environment variable": _at(
        'if os.environ.get("RUN_DEMO"):\n    print(CALL)', imports=("import os",), guarded=False
    ),
    "call in finally": _at("try:\n    pass\nfinally:\n    CALL"),
    "call in a deleted variable": _at("outcome = CALL\ndel outcome", "outcome"),
    "calls one after the other": _at("CALL\nCALL\nCALL"),
    "call in atexit": _at("atexit.register(lambda: CALL)", imports=("import atexit",)),
}
