"""The report: self-contained, complete, and deaf to whatever a model writes."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.errors import DataError
from real.results.highlight import highlight
from real.results.report import write_report
from real.runs.store import RunState


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.seen, self.attributes, self.open = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += attributes
        if tag not in ("meta", "img", "source", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tmp_path_factory, make_run):
    store = make_run(tmp_path_factory.mktemp("runs") / "run")
    text = write_report(store.path).read_text()
    assert (store.path / "figures" / "components.png").exists()
    return text


def test_report_is_one_file_that_loads_nothing(page):
    tags = Tags(page)
    assert tags.open == []  # well formed
    assert not {"script", "link", "iframe", "object"} & set(tags.seen)
    sources = [value for name, value in tags.attributes if name in ("src", "srcset", "href")]
    assert len(sources) == 4  # two figures, light and dark
    assert all(value.startswith("data:image/svg+xml;base64,") for value in sources)
    assert not re.search(r"https?://|@import|url\(", page)


def test_report_says_what_happened(page):
    for text in (
        "tiny on safesql_mini", "67 %", "+0.490", "How to read this", "A miniature", "Warm start", "Half-way, step 12",
        "After training, step 24", "No program: no code block in the response", "CWE-89", "line 2: source: input()",
        "2 samples could not be judged", "variant: hybrid", "4 of 4 tests", "2 output limit", "packages torch",
    ):  # fmt: skip
        assert text in page, text


def test_models_text_is_escaped_everywhere(run_maker):
    store = run_maker()
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    record = {
        "stage": "after", "step": 1, "task_id": evil, "prompt": evil, "code": f"# {evil}\nx = '{evil}'\n{evil}\n",
        "reason": evil, "function": {"passed": 0, "total": 1}, "reward": None,
        "findings": [{"rule": evil, "line": 1, "message": evil, "trace": [{"line": 1, "note": evil}]}],
    }  # fmt: skip
    store.write_examples([record, {**record, "stage": "before", "code": None}])
    store.write_status(RunState.FAILED, evil)
    (store / "config.yaml").write_text(evil)
    store.write_environment({evil: evil})
    page = write_report(store.path).read_text()
    tags = Tags(page)
    assert "script" not in tags.seen
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert page.count("&lt;script&gt;") >= 9


def test_half_a_character_of_a_model_does_not_stop_the_report(run_maker):
    store = run_maker()
    record = {
        "stage": "after", "step": 1, "task_id": "t/1", "prompt": "", "code": "x = '\ud83d'", "reason": None,
        "function": {"passed": 0, "total": 1}, "reward": None, "findings": [],
    }  # fmt: skip
    store.write_examples([record])
    assert "\\ud83d" in write_report(store.path).read_text()


def test_report_of_an_untrained_larger_model(run_maker):
    page = write_report(run_maker(trained=False, model="qwen2.5-coder-0.5b").path).read_text()
    assert "without training" in page
    assert "What is learnt first" not in page
    assert "A miniature" not in page
    Tags(page)


@pytest.mark.parametrize(("solved", "shown"), [(0.1, False), (0.99, True)])
def test_report_says_what_doing_nothing_scores(run_maker, solved, shown):
    store = run_maker()
    nothing = {"cases": 0.0, "solved": 0.0}
    floors = {"empty": {"cases": 0.276, "solved": solved}, "constant": nothing, "value_error": nothing}
    store.write_metrics(store.read_metrics() | {"baselines": floors})
    page = write_report(store.path).read_text()
    assert f"an empty program {solved:.3f} of the tasks (0.276 of the cases)" in page
    assert ("Function shows nothing here" in page) is shown


def test_report_shows_what_the_training_warned_of(run_maker):
    store = run_maker()
    store.append_step({"step": 99, "warnings": {"saturation": "saturated: rewards differ by <0.02"}})
    assert "Warning at step 99: saturated: rewards differ by &lt;0.02." in write_report(store.path).read_text()


def test_report_needs_metrics_only(run_maker):
    store = run_maker()
    for name in ("steps.jsonl", "examples.jsonl", "env.json", "config.yaml", "status"):
        (store / name).unlink()
    page = write_report(store.path).read_text()
    assert "67 %" in page
    assert "three times" not in page


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", "{", "not valid JSON"),
        ("metrics.json", '{"before": {}}', "has no"),
        ("examples.jsonl", '{"stage": "after"}\n', "line 1 has no"),
        ("examples.jsonl", '{"stage": "never"}\n', "must be before, middle, after"),
        ("steps.jsonl", '{"reward_mean": 1}\n', "no number under 'step'"),
    ],
)
def test_damaged_files_are_named(run_maker, name, content, message):
    store = run_maker()
    (store / name).write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        write_report(store.path)
    assert name in str(caught.value)


def text_of(page):
    return html.unescape(re.sub(r"<[^>]*>", "", page.replace('</span><span class="line', '</span>\n<span class="line')))


@pytest.mark.parametrize(
    ("code", "piece"),
    [
        ("def f(): pass", '<span class="k">def</span>'),
        ("x = print(10)", '<span class="nb">print</span>'),
        ("x = print(10)", '<span class="mi">10</span>'),
        ("s = 'a' # done", '<span class="c1"># done</span>'),
        ('"""two\nlines"""', '<span class="line"><span class="sd">lines"""</span></span>'),
        ("x = 'unfinished\ny = 1", '<span class="mi">1</span>'),
    ],
)
def test_highlight_colours(code, piece):
    assert piece in highlight(code)


def test_highlight_marks_lines_and_numbers_them_like_findings():
    shown = re.findall(r'<span class="(line(?: marked)?)">', highlight("a\r\nb\n\nc\n", {2}))
    assert shown == ["line", "line marked", "line", "line"]


@given(st.text(alphabet=st.sampled_from(list("ab1_ #\"'\\\n\t<>&;(f")), max_size=60))
def test_highlight_only_ever_adds_spans(code):
    page = highlight(code)
    assert set(re.findall(r"<(\/?\w+)", page)) <= {"span", "/span"}
    assert page.count("<span") == page.count("</span>")
    expected = [line or " " for line in code.split("\n")]
    if len(expected) > 1 and code.endswith("\n"):
        expected.pop()
    assert text_of(page).split("\n") == expected
