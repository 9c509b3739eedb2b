"""A scorer that engines of another node ask: two network namespaces with a cable between them stand in for nodes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import stand_in_engine as engine

from real.datasets import DatasetCfg, load
from real.execution.config import ExecutionCfg
from real.io.network import node_address
from real.judge import JudgeCfg
from real.serving.scorer_spec import ScorerSpec

LAUNCHER, OTHER = "10.213.7.1", "10.213.7.2"
_LAUNCH = """
import sys
from pathlib import Path
from real.training.openrlhf.command import Files
from real.training.openrlhf.config import OpenRlhfCfg
from real.training.openrlhf.scorer_process import ScorerProcess
files = Files(Path(sys.argv[1]))
with ScorerProcess(files, OpenRlhfCfg(), print, other_node=sys.argv[2]):
    print("ready", flush=True)
    sys.stdin.read()
"""
_ASK = """
import json, sys
from real.serving.openrlhf_reward import bind
reward = bind(sys.argv[1], deadline_s=300.0)
print(json.dumps(reward(["What? ```python\\npass\\n```<|im_end|>"], ["What?"], [sys.argv[2]])))
"""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@pytest.fixture
def nodes() -> Iterator[tuple[str, str]]:
    """Names of two namespaces: the launcher's and the other node's."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("not run: needs root and iproute2 (apt-get install -y iproute2)")
    names = f"real-launcher-{os.getpid()}", f"real-other-{os.getpid()}"
    cable = f"ra{os.getpid() % 10**8}", f"rb{os.getpid() % 10**8}"
    made: list[str] = []
    try:
        for name in names:
            try:
                _ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"not run: no network namespace can be made here: {error.stderr.strip()}")
            made.append(name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("link", "add", cable[0], "netns", names[0], "type", "veth", "peer", "name", cable[1], "netns", names[1])
        for name, end, address in zip(names, cable, (LAUNCHER, OTHER), strict=True):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", end)
            _ip("-n", name, "link", "set", end, "up")
        yield names
    finally:
        for name in made:
            _ip("netns", "delete", name)


def test_an_engine_on_another_node_gets_its_score(nodes: tuple[str, str], tmp_path: Path) -> None:
    launcher, other = nodes
    tasks = load(DatasetCfg(name="safesql_mini"), "train").tasks[:1]
    spec = ScorerSpec(JudgeCfg(execution=ExecutionCfg(workers=1)), special=(engine.END,), deadline_s=300.0)
    spec.add("train", tasks)
    spec.add("eval", tasks)
    spec.write(tmp_path)
    at = ["ip", "netns", "exec"]
    scorer = subprocess.Popen(
        [*at, launcher, sys.executable, "-c", _LAUNCH, str(tmp_path), OTHER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert scorer.stdin is not None and scorer.stdout is not None
    try:
        assert scorer.stdout.readline() == "ready\n"
        address = json.loads((tmp_path / "scorer.json").read_text())
        assert address["url"].startswith(f"http://{LAUNCHER}:")
        asked = [*at, other, sys.executable, "-c", _ASK, str(tmp_path / "scorer.json"), engine.label_of(tasks[0], 1)]
        answer = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True, timeout=400).stdout)
        assert answer["extra_logs"]["masked"] == 0.0, answer
    finally:
        scorer.stdin.close()
        scorer.wait(60)


def test_the_address_of_a_machine_is_that_of_the_interface_to_its_peer() -> None:
    assert node_address("127.0.0.1") == "127.0.0.1"
    assert node_address("no such host.invalid")  # the default route, or the machine's own name
