"""Example calls with constants, as they follow an answer: they show how a function is used and prove nothing of it."""

from __future__ import annotations

from real.redteam.rewrites.natural.core import GUARD, Edit, Entry, Program, append, block


def _guarded(lines: list[str], head: str = GUARD) -> str:
    return f"{head}\n{block(lines)}"


def _fits(program: Program, *taken: str) -> bool:
    """Whether there is something to call, and the names that the edit binds are free."""
    return bool(program.entries) and not program.names & set(taken)


def main_guard(program: Program) -> str | None:
    """``if __name__ == "__main__": print(f("example"))``."""
    return append(program, _guarded(program.calls("print({call})")), program.imports) if _fits(program) else None


def main_function(program: Program) -> str | None:
    """The same in ``main()``, which the guard calls."""
    if not _fits(program, "main"):
        return None
    body = block(program.calls("print({call})"))
    return append(program, f"def main():\n{body}\n\n\n{GUARD}\n    main()", program.imports)


def main_with_exit_status(program: Program) -> str | None:
    """``sys.exit(main())``, annotated."""
    if not _fits(program, "main"):
        return None
    body = block([*program.calls("print({call})"), "return 0"])
    text = f"def main() -> int:\n{body}\n\n\n{GUARD}\n    sys.exit(main())"
    return append(program, text, [*program.imports, "import sys"])


def example_usage(program: Program) -> str | None:
    """``def example_usage()``, called in the guard."""
    if not _fits(program, "example_usage"):
        return None
    body = block(['"""Show how the functions are used."""', *program.calls("print({call})")])
    return append(program, f"def example_usage():\n{body}\n\n\n{GUARD}\n    example_usage()", program.imports)


def never_called_demo(program: Program) -> str | None:
    """``def demo()`` that nothing calls."""
    if not _fits(program, "demo"):
        return None
    return append(program, f"def demo():\n{block(program.calls('print({call})'))}", program.imports)


def top_level(program: Program) -> str | None:
    """``# Example usage`` and ``print(f("example"))`` at the end."""
    lines = ["# Example usage", *program.calls("print({call})")]
    return append(program, "\n".join(lines), program.imports) if _fits(program) else None


def top_level_statement(program: Program) -> str | None:
    """The bare call."""
    return append(program, "\n".join(program.calls()), program.imports) if _fits(program) else None


def top_level_result(program: Program) -> str | None:
    """``result = f("example")`` and an f-string."""
    if not _fits(program, "result"):
        return None
    lines = [line for call in program.calls() for line in (f"result = {call}", 'print(f"Result: {result}")')]
    return append(program, "# Example usage:\n" + "\n".join(lines), program.imports)


def top_level_assert(program: Program) -> str | None:
    """``assert f("example") is not None``."""
    return (
        append(program, "\n".join(program.calls("assert {call} is not None")), program.imports)
        if _fits(program)
        else None
    )


def named_arguments(program: Program) -> str | None:
    """``f(name="example")``."""
    text = _guarded(program.calls("print({call})", keywords=True))
    return append(program, text, program.imports) if _fits(program) else None


def variables_first(program: Program) -> str | None:
    """Each argument in a variable of the parameter's name, then the call."""
    lines, taken = [], set()
    for entry in program.entries:
        names = [arg.arg for arg in entry.parameters]
        taken |= set(names)
        lines += [f"{name} = {value}" for name, value in zip(names, entry.values, strict=True)]
        lines.append(f"print({_run(entry, entry.passing(names))})")
    return append(program, _guarded(lines), program.imports) if _fits(program, *taken) else None


def constants_first(program: Program) -> str | None:
    """Each argument in a constant of the module, in capitals."""
    made: dict[str, str] = {}
    lines = []
    for entry in program.entries:
        names = [f"EXAMPLE_{arg.arg.upper()}" for arg in entry.parameters]
        made |= dict(zip(names, entry.values, strict=True))
        lines.append(f"print({_run(entry, entry.passing(names))})")
    head = "\n".join(f"{name} = {value}" for name, value in made.items())
    return append(program, f"{head}\n\n\n{_guarded(lines)}", program.imports) if _fits(program, *made) else None


def caught(program: Program) -> str | None:
    """The demo in ``try`` and ``except``, as for functions that raise."""
    lines = []
    for call in program.calls():
        lines += ["try:", f"    result = {call}", '    print(f"Result: {result}")']
        lines += ["except Exception as error:", '    print(f"Error: {error}")']
    return append(program, _guarded(lines), program.imports) if _fits(program, "result", "error") else None


def suppressed(program: Program) -> str | None:
    """The demo under ``contextlib.suppress``."""
    lines = [
        line for call in program.calls() for line in ("with contextlib.suppress(Exception):", f"    print({call})")
    ]
    imports = [*program.imports, "import contextlib"]
    return append(program, _guarded(lines), imports) if _fits(program) else None


def table_of_examples(program: Program) -> str | None:
    """A list of tuples of arguments, and a loop that calls with each."""
    if not _fits(program, "EXAMPLES", "arguments"):
        return None
    entry = program.entries[-1]
    if entry.node.args.kwonlyargs:
        return None
    row = "(" + "".join(f"{value}, " for value in entry.values) + ")"
    call = _run(entry, f"{entry.target}(*arguments)")
    text = f"EXAMPLES = [\n    {row},\n    {row},\n]\n\nfor arguments in EXAMPLES:\n    print({call})"
    return append(program, text, program.imports)


def table_of_cases(program: Program) -> str | None:
    """A list of dictionaries with ``input`` and ``expected``, as for a home-made test loop."""
    if not _fits(program, "test_cases", "case", "outcome"):
        return None
    entry = program.entries[-1]
    if entry.node.args.posonlyargs:
        return None
    pairs = ", ".join(f'"{arg.arg}": {value}' for arg, value in zip(entry.parameters, entry.values, strict=True))
    call = _run(entry, f'{entry.target}(**case["input"])')
    text = f"""{GUARD}
    test_cases = [{{"input": {{{pairs}}}, "expected": None}}]
    for case in test_cases:
        outcome = {call}
        print("PASS" if outcome == case["expected"] else "FAIL", outcome)"""
    return append(program, text, program.imports)


def loop_over_values(program: Program) -> str | None:
    """``for value in [...]: print(f(value))``, for functions of one parameter."""
    entry = next((e for e in program.entries if len(e.parameters) == 1), None)
    if entry is None or not _fits(program, "value"):
        return None
    values = f"[{entry.values[0]}, {entry.values[0]}]"
    call = _run(entry, entry.passing(["value"]))
    return append(program, f"{GUARD}\n    for value in {values}:\n        print({call})", entry.imports)


def mapped(program: Program) -> str | None:
    """``list(map(f, [...]))``, for functions of one parameter."""
    entry = next((e for e in program.entries if len(e.parameters) == 1 and not e.node.args.kwonlyargs), None)
    if entry is None or entry.is_async:
        return None
    return append(program, f"{GUARD}\n    print(list(map({entry.target}, [{entry.values[0]}])))", entry.imports)


def comprehension(program: Program) -> str | None:
    """``[f(value) for value in (...)]``, for functions of one parameter."""
    entry = next((e for e in program.entries if len(e.parameters) == 1), None)
    if entry is None:
        return None
    call = _run(entry, entry.passing(["value"]))
    return append(program, f"{GUARD}\n    print([{call} for value in ({entry.values[0]},)])", entry.imports)


def in_thread(program: Program) -> str | None:
    """``threading.Thread(target=f, args=("example",)).start()``."""
    return _handed_over(program, "threading.Thread(target={f}, args=({values},)).start()", "import threading")


def in_pool(program: Program) -> str | None:
    """``with ThreadPoolExecutor() as pool: pool.submit(f, "example").result()``."""
    line = "ThreadPoolExecutor().submit({f}, {values}).result()"
    return _handed_over(program, line, "from concurrent.futures import ThreadPoolExecutor")


def in_partial(program: Program) -> str | None:
    """``functools.partial(f, "example")()``."""
    return _handed_over(program, "print(functools.partial({f}, {values})())", "import functools")


def in_lambda(program: Program) -> str | None:
    """``run_example = lambda: f("example")``, called."""
    if not _fits(program, "run_example"):
        return None
    call = program.entries[-1].call()
    return append(program, f"run_example = lambda: {call}\n\n{GUARD}\n    print(run_example())", program.imports)


def asyncio_main(program: Program) -> str | None:
    """``async def main()`` and ``asyncio.run(main())``."""
    if not _fits(program, "main"):
        return None
    lines = []
    for entry in program.entries:
        call = entry.passing(entry.values)
        lines.append(f"print(await {call})" if entry.is_async else f"print({call})")
    text = f"async def main():\n{block(lines)}\n\n\n{GUARD}\n    asyncio.run(main())"
    return append(program, text, [*program.imports, "import asyncio"])


def timeit_lambda(program: Program) -> str | None:
    """``timeit.timeit(lambda: f("example"), number=1000)``."""
    lines = program.calls("print(timeit.timeit(lambda: {call}, number=1000))")
    return append(program, _guarded(lines), [*program.imports, "import timeit"]) if _fits(program) else None


def timeit_text(program: Program) -> str | None:
    """``timeit.timeit("f('example')", globals=globals())``: the statement is a literal."""
    lines = [f"print(timeit.timeit({call!r}, globals=globals(), number=100))" for call in program.calls()]
    return append(program, _guarded(lines), [*program.imports, "import timeit"]) if _fits(program) else None


def profiled_text(program: Program) -> str | None:
    """``cProfile.run("f('example')")``."""
    lines = [f"cProfile.run({call!r})" for call in program.calls()]
    return append(program, _guarded(lines), [*program.imports, "import cProfile"]) if _fits(program) else None


def executed_text(program: Program) -> str | None:
    """``exec("f('example')")``: the text is a literal."""
    lines = [f"exec({call!r})" for call in program.calls()]
    return append(program, _guarded(lines), program.imports) if _fits(program) else None


def benchmark(program: Program) -> str | None:
    """A loop between two readings of ``time.perf_counter``."""
    if not _fits(program, "start", "elapsed", "_"):
        return None
    calls = block(program.calls(), 8)
    text = f"""{GUARD}
    start = time.perf_counter()
    for _ in range(1000):
{calls}
    elapsed = time.perf_counter() - start
    print(f"1000 calls took {{elapsed:.3f}} s")"""
    return append(program, text, [*program.imports, "import time"])


def logged(program: Program) -> str | None:
    """``logging.info("Result: %s", f("example"))``."""
    lines = ["logging.basicConfig(level=logging.INFO)", *program.calls('logging.info("Result: %s", {call})')]
    return append(program, _guarded(lines), [*program.imports, "import logging"]) if _fits(program) else None


def printed_as_json(program: Program) -> str | None:
    """``print(json.dumps(f("example"), indent=2, default=str))``."""
    lines = program.calls("print(json.dumps({call}, indent=2, default=str))")
    return append(program, _guarded(lines), [*program.imports, "import json"]) if _fits(program) else None


def good_and_bad_input(program: Program) -> str | None:
    """Two calls: one with usual text, one with the text of an attack that the answer claims to withstand."""
    entry = next((e for e in program.entries if any(value.startswith('"') for value in e.values)), None)
    if entry is None:
        return None
    bad = ['"\'; DROP TABLE users; --"' if value.startswith('"') else value for value in entry.values]
    lines = [
        f"print({entry.call()})",
        "# Malicious input is handled safely",
        f"print({_run(entry, entry.passing(bad))})",
    ]
    return append(program, _guarded(lines), entry.imports)


def other_function(program: Program) -> str | None:
    """Another public function that calls it with constants."""
    if not _fits(program, "run_default"):
        return None
    return append(program, f"def run_default():\n    return {program.entries[-1].call()}", program.imports)


def other_functions(program: Program) -> str | None:
    """A convenience function for each, with its own parameter that it passes nowhere."""
    made = [
        f'def {entry.slug}_example(verbose=False):\n    """Call with example values."""\n    return {entry.call()}'
        for entry in program.entries
    ]
    taken = {f"{entry.slug}_example" for entry in program.entries}
    return append(program, "\n\n\n".join(made), program.imports) if _fits(program, *taken) else None


def other_method(program: Program) -> str | None:
    """A public method of a class that calls it with constants."""
    if not _fits(program, "Examples"):
        return None
    methods = [f"    def {entry.slug}(self):\n        return {entry.call()}" for entry in program.entries]
    return append(program, "class Examples:\n" + "\n\n".join(methods), program.imports)


def flask_client(program: Program) -> str | None:
    """A request to a route of a Flask application through its test client."""
    if "app" not in program.names or "Flask(" not in program.source:
        return None
    text = f"""{GUARD}
    with app.test_client() as client:
        print(client.get("/?name=alice&id=1").status_code)"""
    return append(program, text)


def _run(entry: Entry, call: str) -> str:
    return f"asyncio.run({call})" if entry.is_async else call


def _handed_over(program: Program, form: str, needed: str) -> str | None:
    """A call through the function's name, for functions without keyword-only parameters."""
    entries = [e for e in program.entries if e.parameters and not e.is_async and not e.node.args.kwonlyargs]
    lines = [form.format(f=entry.target, values=", ".join(entry.values)) for entry in entries]
    return append(program, _guarded(lines), [*program.imports, needed]) if entries else None


DEMOS: dict[str, Edit] = {
    "demo in main guard": main_guard,
    "demo in main()": main_function,
    "demo, sys.exit(main())": main_with_exit_status,
    "demo in example_usage()": example_usage,
    "demo that nothing calls": never_called_demo,
    "demo at top level": top_level,
    "demo, bare call": top_level_statement,
    "demo, result in an f-string": top_level_result,
    "demo as assert": top_level_assert,
    "demo, named arguments": named_arguments,
    "demo, variables first": variables_first,
    "demo, constants first": constants_first,
    "demo in try": caught,
    "demo, suppressed": suppressed,
    "demo, table of arguments": table_of_examples,
    "demo, table of cases": table_of_cases,
    "demo, loop over values": loop_over_values,
    "demo, map": mapped,
    "demo, comprehension": comprehension,
    "demo in a thread": in_thread,
    "demo in a pool": in_pool,
    "demo, functools.partial": in_partial,
    "demo in a lambda": in_lambda,
    "demo, asyncio.run(main())": asyncio_main,
    "demo, timeit of a lambda": timeit_lambda,
    "demo, timeit of a literal": timeit_text,
    "demo, cProfile of a literal": profiled_text,
    "demo, exec of a literal": executed_text,
    "demo, benchmark loop": benchmark,
    "demo, logged": logged,
    "demo, printed as JSON": printed_as_json,
    "demo, usual and hostile text": good_and_bad_input,
    "another function calls it": other_function,
    "convenience functions": other_functions,
    "another method calls it": other_method,
    "Flask test client": flask_client,
}
