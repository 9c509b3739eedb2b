"""Programs come out of responses unchanged, or with the reason why there is none."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from real.errors import UnknownNameError
from real.extract import extract
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


def test_a_cut_off_last_block_is_not_replaced_by_an_earlier_one() -> None:
    text = "```python\nfirst = 1\n```\nBetter:\n```python\nsecond = "
    assert extract(text) == Program(None, "unclosed code fence")
    assert extract(text, "first") == Program("first = 1")


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


fragments = st.sampled_from(
    ["```", "```python", "~~~", "````", "\n", "\r\n", '"""', "'''", "'", "\\", "#", " ", "    ", "x = 1", "\0", "`"]
)
responses = st.one_of(st.text(), st.lists(fragments).map("".join))


@given(responses, st.sampled_from(["first", "last"]))
def test_there_is_always_a_program_or_a_reason(text: str, rule: str) -> None:
    program = extract(text, rule)
    assert (program.code is None) != (program.reason is None)
    if program.code is not None:
        assert program.code.strip()


codes = st.one_of(
    st.text(st.characters(exclude_characters="`\r")),
    st.lists(fragments).map("".join).map(lambda text: text.replace("`", "").replace("\r", "")),
)


@given(codes, st.sampled_from(["python", "py", ""]), st.text(st.characters(exclude_characters="`~")))
@example('"""', "python", '"""\n')
def test_a_wrapped_program_comes_out_unchanged(code: str, info: str, around: str) -> None:
    assume(code.strip())
    assert extract(f"{around}\n```{info}\n{code}\n```\n{around}") == Program(code)
