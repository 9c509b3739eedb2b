"""The page of an experiment: complete, self-contained, deaf to what models write, and working in a browser."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from real.errors import DataError
from real.results.__main__ import main
from real.results.experiment_report import write_experiment_report
from real.runs.store import RunState
from real.types import Completion

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.seen, self.attributes, self.open, self.text = [], [], [], {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += attributes
        if tag not in ("meta", "img", "source", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.text.setdefault("script", []).append(data)


@pytest.fixture
def store(run_maker, tmp_path):
    for variant in ("hybrid", "function_only"):
        for seed in (0, 1):
            run_maker(f"store/{variant}{seed}", reward=variant, seed=seed, steps=6)
    run_maker("store/vanilla", trained=False, seed=2)
    half = run_maker("store/half")
    (half / "metrics.json").unlink()
    half.write_status(RunState.RUNNING)
    return tmp_path / "store"


def test_the_page_is_one_file_that_loads_nothing_and_allows_one_script(store, tmp_path):
    text = write_experiment_report([store], tmp_path / "page.html").read_text()
    tags = Tags(text)
    assert tags.open == []
    addresses = [value for name, value in tags.attributes if name in ("src", "srcset", "href")]
    assert all(value.startswith(("data:image/svg+xml;base64,", "#")) for value in addresses)
    policy = next(value for name, value in tags.attributes if name == "content" and "default-src" in value)
    _, script = tags.text["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert "half is not finished" in text


def test_every_rate_leads_to_its_tasks_and_they_to_programs_and_findings(store, tmp_path):
    text = write_experiment_report([store], tmp_path / "page.html").read_text()
    data = json.loads(Tags(text).text["script"][0])
    for address in re.findall(r'href="#([^"]+)"', text):
        place, stage, metric = address.split("-")
        assert all(metric in task for task in data["runs"][int(place)]["stages"][stage])
    assert len(re.findall(r'href="#', text)) == 4 * 6 + 3
    assert len(data["programs"]) == 2 * 2  # before and after, two tasks: once each however many runs wrote them
    first = data["runs"][0]["stages"]["before"][0]
    assert "sqlite3" in data["programs"][first["program"]]
    assert first["findings"][0]["trace"][1] == {"line": 5, "note": "flows into the f-string"}
    wrong = data["runs"][0]["stages"]["after"][1]
    assert (wrong["outcomes"], wrong["details"]) == ([["pass", 1], ["wrong", 1]], ["printed 3, expected 4"])
    assert data["runs"][0]["stages"]["after"][2]["program"] is None


def test_a_models_text_stays_text(run_maker, tmp_path):
    store = run_maker("store/a", steps=2)
    store.write_completions("after", [Completion("t/1", f"```python\n# {EVIL}\n```"), Completion("t/2", "\ud83d")])
    text = write_experiment_report([store.path], tmp_path / "page.html").read_text()
    tags = Tags(text)
    assert tags.seen.count("script") == 2
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert f"# {EVIL}" in json.loads(tags.text["script"][0])["programs"]


def test_mixed_versions_are_refused_unless_forced(store, run_maker, tmp_path, capsys):
    run_maker("store/other", detector="2", reward="quality_only", steps=2)
    with pytest.raises(DataError, match="cannot stand in one table"):
        write_experiment_report([store], tmp_path / "page.html")
    assert main(["report", str(store), "--allow-mixed"]) == 0
    assert "MIXED" in (store / "experiment.html").read_text()


def test_one_run_has_its_own_page_and_no_run_a_message(store, tmp_path, capsys):
    assert main(["report", str(store / "hybrid0")]) == 0
    assert capsys.readouterr().out.strip().endswith("hybrid0/report.html")
    assert main(["report", str(store / "hybrid0"), str(store / "hybrid1")]) == 0
    assert capsys.readouterr().out.strip() == str(store / "experiment.html")
    (tmp_path / "nothing").mkdir()
    assert main(["report", str(tmp_path / "nothing")]) == 3
    assert "no finished run" in capsys.readouterr().err


@pytest.mark.slow
def test_it_works_in_a_browser(store, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("chromium is missing: apt-get install chromium")
    page = write_experiment_report([store], tmp_path / "page.html")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", f"file://{page}#0-before-quality"]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    assert "Quality: 0 of 3 tasks, before training, function only, seed 0" in dom
    assert re.search(r'<span class="line marked">.*SELECT price', dom)
    assert "line 2: source: input()" in dom
