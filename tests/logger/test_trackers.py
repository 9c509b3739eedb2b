"""Trackers are mirrors of steps.jsonl: every metric of every step is there once, also after a kill."""

import base64
import builtins
import csv
import http.server
import json
import os
import subprocess
import sys
import textwrap
import threading

import pytest

from real.errors import InfrastructureError, UsageError
from real.logger.config import LoggerCfg
from real.logger.tracker import CsvTracker, make_tracker
from real.logger.wandb_preflight import check_wandb


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def history_of(run_dir):
    """Steps of the offline run, read with W&B's own reader; exactly one run log may exist."""
    (log,) = (run_dir / "wandb").glob("offline-run-*/*.wandb")
    done = subprocess.run(
        [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(log)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    records = [json.loads(line) for line in done.stdout.splitlines()]
    items = [record["history"]["item"] for record in records if record["type"] == "history"]
    return [{key: value for key, value in item.items() if key in ("kl", "r_function", "_step")} for item in items]


def values(step):
    return {"step": step, "r_function": step / 8, "kl": None if step == 1 else step / 4}


def test_csv_gains_columns_and_keeps_rows(tmp_path):
    tracker = CsvTracker(tmp_path / "steps.csv")
    tracker.log(1, {"step": 1, "a": 0.5})
    tracker.log(2, {"step": 2, "a": 0.25, 'odd,"key"': 3.0})
    tracker.log(3, {"step": 3})
    assert rows(tmp_path / "steps.csv") == [
        {"step": "1", "a": "0.5", 'odd,"key"': ""},
        {"step": "2", "a": "0.25", 'odd,"key"': "3.0"},
        {"step": "3", "a": "", 'odd,"key"': ""},
    ]


def test_csv_of_a_resumed_run_starts_from_its_history(tmp_path):
    before = CsvTracker(tmp_path / "steps.csv")
    for step in range(1, 5):
        before.log(step, values(step))
    after = make_tracker(LoggerCfg("none"), tmp_path, "id", history=[values(1), values(2)])
    after.log(3, values(3))
    after.finish()
    assert [row["step"] for row in rows(tmp_path / "steps.csv")] == ["1", "2", "3"]
    assert not (tmp_path / "wandb").exists()


def test_wandb_offline_holds_every_step_once_after_a_kill(tmp_path, monkeypatch, capfd):
    """A killed client loses steps and has seen others that are trained anew; the resumed log has each exactly once."""
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delitem(sys.modules, "openai", raising=False)  # where another test has it, W&B advertises
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from real.logger.config import LoggerCfg
        from real.logger.tracker import make_tracker
        tracker = make_tracker(LoggerCfg(), Path(sys.argv[1]), "run1")
        for step in range(1, 6):
            tracker.log(step, {"step": step, "r_function": 0.0})
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    home = {**os.environ, "HOME": "/proc/nowhere"}  # no writable home is needed
    home.pop("WANDB_SERVICE", None)  # of another test in this process, in which the killed run would live on
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=home, capture_output=True)
    assert killed.returncode == -9
    assert killed.stdout + killed.stderr == b""
    tracker = make_tracker(
        LoggerCfg(), tmp_path, "run1", config={"reward": {"alpha": 0.5}}, history=[values(1), values(2), values(3)]
    )
    for step in (4, 5):
        tracker.log(step, values(step))
    tracker.finish()
    tracker.finish()  # twice is fine
    assert history_of(tmp_path) == [
        {"_step": 1, "r_function": 0.125},
        *({"_step": step, "r_function": step / 8, "kl": step / 4} for step in (2, 3, 4, 5)),
    ]
    assert [row["step"] for row in rows(tmp_path / "steps.csv")] == ["1", "2", "3", "4", "5"]
    assert capfd.readouterr() == ("", "")


def test_online_without_a_key_is_a_usage_error(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with pytest.raises(UsageError, match="WANDB_API_KEY") as caught:
        make_tracker(LoggerCfg("wandb"), tmp_path, "id")
    assert "wandb_offline" in str(caught.value)


class Server:
    """A W&B that answers every question with one status."""

    def __init__(self, status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                asked.append((self.path, base64.b64decode(self.headers["Authorization"].split()[1]).decode()))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.asked = asked = []
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def wandb_server(monkeypatch):
    made = []

    def answer(status):
        made.append(Server(status))
        monkeypatch.setenv("WANDB_BASE_URL", made[-1].url)
        return made[-1]

    for name in ("WANDB_MODE", "WANDB_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    yield answer
    for server in made:
        server.server.shutdown()
        server.server.server_close()


def test_a_key_is_shown_to_the_server_before_anything_else(wandb_server, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    good = wandb_server(200)
    check_wandb(LoggerCfg("wandb"))
    assert good.asked == [("/graphql", f"api:{'k' * 40}")]
    wandb_server(500)
    check_wandb(LoggerCfg("wandb"))  # it answers: what is wrong there may pass
    wandb_server(401)
    with pytest.raises(UsageError, match="refuses the key") as caught:
        check_wandb(LoggerCfg("wandb"))
    assert "kkk" not in str(caught.value)


@pytest.mark.parametrize("key", ["sh0rt", "x" * 39, "y" * 40 + " ", "ä" * 40, "two words" * 6])
def test_a_malformed_key_is_told_without_asking_and_without_showing_it(wandb_server, monkeypatch, key):
    server = wandb_server(200)
    monkeypatch.setenv("WANDB_API_KEY", key)
    with pytest.raises(UsageError, match="not a key") as caught:
        check_wandb(LoggerCfg("wandb"))
    assert key not in str(caught.value)
    assert server.asked == []


def test_without_network_it_is_told_at_once(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "local-" + "k" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(InfrastructureError, match=r"127\.0\.0\.1:9 cannot be reached"):
        check_wandb(LoggerCfg("wandb"))
    for offline in ("none", "wandb_offline"):
        check_wandb(LoggerCfg(offline))


@pytest.mark.parametrize(("name", "value"), [("WANDB_MODE", "disabled"), ("WANDB_DISABLED", "true")])
def test_wandb_that_is_switched_off_by_its_own_variable_stays_off(tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    for logger in ("wandb", "wandb_offline"):
        check_wandb(LoggerCfg(logger))
        make_tracker(LoggerCfg(logger), tmp_path, "id").finish()
    assert not (tmp_path / "wandb").exists()


def test_wandb_that_is_to_stay_offline_needs_no_key(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    tracker = make_tracker(LoggerCfg("wandb"), tmp_path, "id")
    tracker.log(1, values(1))
    tracker.finish()
    assert len(list((tmp_path / "wandb").glob("offline-run-*"))) == 1


@pytest.mark.parametrize("problem", [ImportError("no wandb"), OSError("no sockets here")])
def test_offline_client_that_cannot_start_is_a_warning(tmp_path, monkeypatch, problem):
    real_import = builtins.__import__

    def refuse(name, *rest, **more):
        if name == "wandb":
            raise problem
        return real_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setenv("WANDB_API_KEY", "x")
    warnings = []
    tracker = make_tracker(LoggerCfg("wandb_offline"), tmp_path, "id", warn=warnings.append)
    tracker.log(1, values(1))
    tracker.finish()
    assert len(warnings) == 1
    assert str(problem) in warnings[0]
    assert "goes on" in warnings[0]
    assert len(rows(tmp_path / "steps.csv")) == 1
    monkeypatch.setattr("real.logger.wandb_tracker.check_wandb", lambda cfg: None)
    with pytest.raises(UsageError, match=str(problem)):
        make_tracker(LoggerCfg("wandb"), tmp_path, "id", warn=warnings.append)


def test_a_client_that_dies_half_way_is_left_out(tmp_path):
    from real.logger.wandb_tracker import WandbTracker

    class Dead:
        def log(self, *_, **__):
            raise BrokenPipeError("service gone")

    warnings = []
    tracker = WandbTracker(Dead(), warnings.append)
    for step in (1, 2):
        tracker.log(step, values(step))
    tracker.finish()
    assert len(warnings) == 1
    assert "service gone" in warnings[0]
