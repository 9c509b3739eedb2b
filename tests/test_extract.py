"""Programs come out of responses unchanged, or with the reason why there is none."""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from real.errors import UnknownNameError
from real.extract import RULES, extract
from real.types import Program

CODE = "def f(x: int) -> int:\n    return x"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("```python", "```"),
        ("```py", "```"),
        ("```Python3", "```"),
        ("```python3.11", "```"),
        ("``` python ", "```  "),
        ('```python title="x.py" {1,3}', "```"),
        ("```python:solve.py", "```"),
        ("```{.python .numberLines}", "```"),
        ("```", "```"),
        ("~~~python", "~~~"),
        ("~~~", "~~~~"),
        ("````python", "````"),
        ("```python", "`````"),
        ("   ```python", "   ```"),
    ],
)
def test_fences(opening: str, closing: str) -> None:
    assert extract(f"Here it is:\n\n{opening}\n{CODE}\n{closing}\nDone.") == Program(CODE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no code block"),
        ("def f(): ...", "no code block"),
        ("Use `x` and ``y``.", "no code block"),
        ("```bash\npip install x\n```", "no code block"),
        ("```pycon\n>>> f()\n```", "no code block"),
        ("```python\n```", "empty code block"),
        ("```python\n \n\t\n```", "empty code block"),
        ("```python\nYOUR_CODE_HERE\n```", "placeholder"),
        ("```python\n[YOUR PYTHON CODE]```", "placeholder"),
        ("```python\n\n# Your code here\n```", "placeholder"),
        ("```python\nx = 1\n", "unclosed code fence"),
        ("```python", "unclosed code fence"),
        ("```python\nx = 1\n~~~\n``", "unclosed code fence"),
        ("````python\nx = 1\n```", "unclosed code fence"),
    ],
)
def test_reasons(text: str, reason: str) -> None:
    assert extract(text) == Program(None, reason)


TWO = "```python\nfirst = 1\n```\nBetter:\n```python\nsecond = 2\n```\n"


def test_rules() -> None:
    assert extract(TWO, "first") == Program("first = 1")
    assert extract(TWO, "last") == extract(TWO) == Program("second = 2")
    with pytest.raises(UnknownNameError, match="lsat") as error:
        extract(TWO, "lsat")
    assert "Did you mean last?" in str(error.value)


def test_released_rules_go_by_the_text_of_the_fences() -> None:
    text = "```py\nx = 1\n```\n```python\n  a = 1\n\n```\n```python\nb = '```'\n```\n"
    assert extract(text, "first") == Program("  a = 1\n")
    assert extract(text, "last") == Program("b = '")
    assert extract("```python\nYOUR_CODE_HERE\n```", "first") == Program("YOUR_CODE_HERE")
    assert extract("```python\n \n```", "last") == Program(None, "empty code block")
    assert extract("```\nx = 1\n```", "last") == Program(None, "no code block")


def test_lines_with_checks_are_taken_out_of_the_first_column_alone() -> None:
    code = "def f():\n    assert True\n    print(1)\nprint(f())\nassert f() is None\nprinter = 1\n    # end"
    assert extract(f"```python\n{code}\n```", "last_without_checks") == Program(
        "def f():\n    assert True\n    print(1)\n    # end"
    )
    assert extract("```python\nprint(1)\n```", "last_without_checks") == Program(None, "empty code block")


def test_a_cut_off_last_block_is_not_replaced_by_an_earlier_one() -> None:
    text = "```python\nfirst = 1\n```\nBetter:\n```python\nsecond = "
    assert extract(text) == Program(None, "unclosed code fence")
    # The released scorers see closed blocks only.
    assert extract(text, "first") == extract(text, "last") == Program("first = 1")


def test_blocks_of_other_languages_do_not_count() -> None:
    assert extract("```python\nx = 1\n```\nPrints:\n```\n1\n```\n```text\n2\n```\n```bash\nls") == Program("x = 1")
    assert extract("```json\n{}\n```\n```\nx = 1\n```") == Program("x = 1")


def test_the_fence_may_end_the_last_line_of_code() -> None:
    assert extract("```python\nx = 1\nprint(x)```") == Program("x = 1\nprint(x)")
    assert extract("```python\nx = 1``` \nThat is all.") == Program("x = 1")


def test_backticks_in_strings_and_comments_do_not_close() -> None:
    code = "# see ```x```\na = '```'\nb = \"\\\"```\"\nc = f'{a}```'"
    assert extract(f"```python\n{code}\n```") == Program(code)


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_a_fence_in_a_docstring_is_text(quotes: str) -> None:
    code = f"def f() -> int:\n    {quotes}Example:\n```python\n>>> f()\n```\n    {quotes}\n    return 1"
    assert extract(f"```python\n{code}\n```\nDone.\n```bash\nls\n```") == Program(code)


def test_a_string_that_never_ends_does_not_swallow_the_closing_fence() -> None:
    assert extract('```python\nx = """open\n```\nDone.') == Program('x = """open')


def test_quotes_in_comments_and_short_strings_open_nothing() -> None:
    code = "# don't ''' worry\na = '\"\"\"'\nb = \"it's\"\nc = ''\nd = 'unended"
    assert extract(f'```python\n{code}\n```\n"""\n```\n') == Program(code)


def test_indented_fences_lose_their_indentation() -> None:
    text = "1. First:\n\n    ```python\n    def f():\n        return 1\n\n  x = 1\n    ```\n2. Done."
    assert extract(text) == Program("def f():\n    return 1\n\nx = 1")
    assert extract("  ```python\nif x:\n    y()\n  ```") == Program("if x:\n    y()")


def test_windows_line_ends() -> None:
    assert extract("Look:\r\n```python\r\nx = 1\r\ny = 2\r\n```\r\nDone.") == Program("x = 1\r\ny = 2")


def test_odd_characters_are_kept() -> None:
    code = "x = '\0\ud800\u2028é'\n\x0c\ny = 1"
    assert extract(f"```python\n{code}\n```") == Program(code)


# A busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

fragments = st.sampled_from(
    ["```", "```python", "~~~", "````", "\n", "\r\n", '"""', "'''", "'", "\\", "#", " ", "    ", "x = 1", "\0", "`"]
)
responses = st.one_of(st.text(), st.lists(fragments).map("".join))


@patient
@given(responses, st.sampled_from(RULES))
def test_there_is_always_a_program_or_a_reason(text: str, rule: str) -> None:
    program = extract(text, rule)
    assert (program.code is None) != (program.reason is None)
    if program.code is not None:
        assert program.code.strip()


codes = st.one_of(
    st.text(st.characters(exclude_characters="`\r")),
    st.lists(fragments).map("".join).map(lambda text: text.replace("`", "").replace("\r", "")),
)


@patient
@given(codes, st.sampled_from(["python", "py", ""]), st.text(st.characters(exclude_characters="`~")))
@example('"""', "python", '"""\n')
def test_a_wrapped_program_comes_out_unchanged(code: str, info: str, around: str) -> None:
    assume(code.strip())
    assert extract(f"{around}\n```{info}\n{code}\n```\n{around}") == Program(code)


# --- which of several blocks is the answer (rule "answer", the strict protocol)

ANSWER = 'def add(a: int, b: int) -> int:\n    """Add."""\n    return a + b'


def _fenced(*codes: str) -> str:
    return "Here it is.\n\n" + "\n\nAnd:\n\n".join(f"```python\n{code}\n```" for code in codes) + "\n\nDone."


@pytest.mark.parametrize(
    "supplement",
    [
        "print(add(1, 2))  # Output: 3",
        "# Example usage\nresult = add(1, 2)\nprint(f'Result: {result}')",
        "assert add(1, 2) == 3\nassert add(a=0, b=0) == 0",
        "from solution import add\n\nprint(add(1, 2))",
        "from solution import *\n\nprint(add(1, 2))",
        "import unittest\n\nclass TestAdd(unittest.TestCase):\n    def test_add(self):\n"
        "        self.assertEqual(add(1, 2), 3)\n\nif __name__ == '__main__':\n    unittest.main()",
        "import pytest\nfrom solution import add\n\n@pytest.fixture\ndef numbers():\n    return 1, 2\n\n"
        "def test_add(numbers):\n    assert add(*numbers) == 3",
        "def main():\n    print(add(1, 2))\n\nif __name__ == '__main__':\n    main()",
        "def example_usage():\n    return add(1, 2)\n\nprint(example_usage())",
        "import asyncio\n\nasync def main():\n    await asyncio.to_thread(add, 1, 2)\n\nasyncio.run(main())",
        "import timeit\nprint(timeit.timeit(lambda: add(1, 2), number=10))",
        "for a, b in [(1, 2), (3, 4)]:\n    print(add(a, b))",
        "while True:\n    print(add(int(input()), 1))",
        ">>> add(1, 2)\n3",
        "[1, 2, 3]",
        "'HelloWorld'\n-3",
        "# Output: 3",
        "",
        "YOUR_CODE_HERE",
        "[YOUR PYTHON CODE]",
    ],
)
def test_what_shows_tests_or_prints_the_answer_is_not_the_answer(supplement: str) -> None:
    assert extract(_fenced(ANSWER, supplement)) == Program(ANSWER)
    assert extract(_fenced(ANSWER, supplement, supplement)) == Program(ANSWER)
    assert extract(_fenced("x = 1", ANSWER, supplement)) == Program(ANSWER)
    # By position alone, as the released scorers do.
    assert extract(_fenced(ANSWER, supplement), "last") != Program(ANSWER)


@pytest.mark.parametrize(
    "later",
    [
        ANSWER.replace("a + b", "sum((a, b))"),  # the same with changes
        ANSWER + "\n\nprint(add(1, 2))",
        "def add(a, b):\n    return helper(a, b)",  # a new version of a part: one block is the program
        "def add_fast(a, b):\n    return a + b",
        "def add_all(values):\n    total = 0\n    for value in values:\n        total = add(total, value)",
        "class Solution:\n    def add(self, a, b):\n        return add(a, b)",
        "from solution import add\n\ndef solve(x):\n    return add(x, 1)",
        "a, b = int(input()), int(input())\nprint(a + b)",
        "def add(a, b:\n    return",  # broken: what the response ends with does not run
    ],
)
def test_a_later_version_is_the_answer(later: str) -> None:
    assert extract(_fenced(ANSWER, later)) == Program(later)


def test_a_program_that_imports_what_an_earlier_one_wrote_by_hand_is_a_new_version() -> None:
    first = "def gcd(a, b):\n    return a if b == 0 else gcd(b, a % b)\n\ndef lcm(a, b):\n    return a * b // gcd(a, b)"
    second = "from math import gcd\n\ndef lcm(a, b):\n    return a * b // gcd(a, b)"
    assert extract(_fenced(first, second)) == Program(second)


def test_a_definition_that_the_task_gave_does_not_make_the_answer_a_supplement() -> None:
    given = "class Node:\n    def __init__(self, value):\n        self.value = value"
    answer = "class Solution:\n    def first(self, node: Node) -> int:\n        return node.value"
    assert extract(_fenced(given, answer)) == Program(answer)


def test_imports_alone_are_no_answer_that_a_later_block_shows() -> None:
    assert extract(_fenced("import math", "print(math.pi)")) == Program("print(math.pi)")


def test_examples_before_the_answer_change_nothing() -> None:
    assert extract(_fenced("print(add(1, 2))", ANSWER)) == Program(ANSWER)


def test_other_languages_and_outputs_between() -> None:
    text = f"```bash\npip install x\n```\n```python\n{ANSWER}\n```\n```bash\npython add.py\n```\nprints\n```\n3\n```"
    assert extract(text) == Program(ANSWER)
    unnamed = text.replace("```python", "```").replace("```bash", "```").replace("```\npip install x\n```\n", "")
    assert extract(unnamed) == Program(ANSWER)


@pytest.mark.parametrize(
    "cut", ["print(add(1, 2))\nprint(add(3,", "print(add(1", "class TestAdd:\n    def test(self):\n        add("]
)
def test_an_example_that_is_cut_off_leaves_the_answer(cut: str) -> None:
    text = f"```python\n{ANSWER}\n```\nUse it:\n```python\n{cut}"
    assert extract(text) == Program(ANSWER)
    assert extract(text, "last") == Program(ANSWER)


@pytest.mark.parametrize(
    "cut", ["def add(a, b):\n    return sum(", "import os\nx = ", "", "def add_all(values):\n    return add("]
)
def test_a_new_version_that_is_cut_off_replaces_the_answer(cut: str) -> None:
    text = f"```python\n{ANSWER}\n```\nBetter:\n```python\n{cut}"
    assert extract(text) == Program(None, "unclosed code fence")


@pytest.mark.parametrize(
    "thought",
    [
        "<think>\nLet me try:\n```python\ndef draft(): ...\n```\nor\n```python\nx = 1\n```\n</think>\n",
        "<think>A fence that never ends:\n```python\nx = 1\n</think>\n",
        "Opened in the prompt:\n```python\nx = (\n</think>\n\n",
        "\n<think>Nothing.</think>",
    ],
)
def test_what_is_thought_is_not_answered(thought: str) -> None:
    assert extract(f"{thought}\n```python\n{ANSWER}\n```") == Program(ANSWER)
    assert extract(f"{thought}\nI do not know.") == Program(None, "no code block")


def test_a_thought_without_an_end_has_no_answer() -> None:
    assert extract("<think>\n```python\nx = 1\n```\nBut wait") == Program(None, "unclosed think section")
    assert extract("<think>\n```python\nx = 1\n```\nBut wait", "last") == Program("x = 1")


def test_the_tag_in_a_program_ends_no_thought() -> None:
    code = "def strip(text):\n    return text.partition('</think>')[2]"
    assert extract(f"```python\n{code}\n```") == Program(code)
    assert extract(f"Look:\n```python\nx = '<think>'\n```\n```python\n{code}\n```") == Program(code)


blocks = st.lists(
    st.lists(st.sampled_from([*"abf(): =\n", "def ", "print", ">>> ", "1", "import ", "class "])).map("".join)
)


@patient
@given(blocks, st.booleans())
def test_the_answer_is_one_of_the_blocks(codes: list[str], closed: bool) -> None:
    text = "\n".join(f"```python\n{code}\n```" for code in codes)
    program = extract(text if closed else text.removesuffix("```"))
    if program.code is not None:
        assert program.code in codes
    elif closed and any(code.strip() for code in codes):
        raise AssertionError(program)
