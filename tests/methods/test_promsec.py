"""PromSec: bandit's findings, the loop, the endpoint, and what the graph part changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import torch
from method_helpers import Scripted, fenced

from real.errors import InfrastructureError
from real.methods.config import PromsecCfg
from real.methods.promsec import METHOD, edited, refine
from real.methods.promsec.graph_network import GraphConv, contrastive, distance, remaining_severity, train_gates
from real.methods.promsec.inverters import ask
from real.methods.promsec.program_graph import LEFT_OPEN, program_graph, without
from real.methods.promsec.scan import scan
from real.training.workspace import Workspace
from real.types import Completion, Task

RISKY = 'import subprocess\n\n\ndef f(name):\n    subprocess.call("ls " + name, shell=True)\n    return 1\n'
CLEAN = "def f(name):\n    return len(name)\n"


def test_bandit_reads_many_programs_and_tells_what_it_cannot_read() -> None:
    risky, clean, broken = scan([RISKY, CLEAN, "def ("])
    assert risky is not None
    assert {(issue.test_id, issue.line) for issue in risky} >= {("B602", 5)}
    assert clean == []
    assert broken is None
    high = scan([RISKY], severity="high")[0]
    assert high is not None
    assert {issue.test_id for issue in high} == {"B602"}


def test_the_graph_of_a_program_by_hand() -> None:
    (issues,) = scan([RISKY])
    graph = program_graph(RISKY, issues or [])
    assert graph is not None
    # import 0, def 1, call 2, return 3: 0-1 and 2-3 follow each other, 1-2 is the beginning of the body
    assert {(int(a), int(b)) for a, b in graph.edges.nonzero()} == {(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)}
    assert int(graph.severity.argmax()) == 2
    assert float(graph.severity[1]) == 0.0
    flow = program_graph("a = 1\nb = 2\nprint(a)\n", [])
    assert flow is not None
    assert flow.edges[0, 2] == 1  # a name flows
    assert program_graph("def (", []) is None


def test_graph_convolution_by_hand() -> None:
    layer = GraphConv(1, 1)
    with torch.no_grad():
        layer.own.weight.fill_(2)
        layer.own.bias.fill_(1)
        layer.neighbours.weight.fill_(10)
    edges = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert layer(torch.tensor([[1.0], [3.0]]), edges).squeeze(1).tolist() == [33.0, 17.0]


def test_the_contrastive_loss_by_hand() -> None:
    loss = contrastive(torch.tensor([0.0]), torch.tensor([1.0]))
    assert float(loss) == pytest.approx(float(torch.log(1 + torch.exp(torch.tensor(-1.0)))))


def test_similarity_carries_gradient() -> None:
    """It entered the released loss as a plain number."""
    (issues,) = scan([RISKY])
    graph = program_graph(RISKY, issues or [])
    assert graph is not None
    gates = torch.full((4,), 0.8, requires_grad=True)
    for term in (distance(graph, gates), remaining_severity(graph, gates)):
        (gradient,) = torch.autograd.grad(term, gates)
        assert gradient.abs().sum() > 0
    assert float(distance(graph, torch.ones(4))) == pytest.approx(0.0, abs=1e-6)


def test_the_gan_learns_to_gate_out_what_bandit_found() -> None:
    (issues,) = scan([RISKY])
    graph = program_graph(RISKY, issues or [])
    clean = program_graph(CLEAN, [])
    assert graph is not None
    assert clean is not None
    risky_gates, clean_gates = train_gates([graph, clean], PromsecCfg(), seed=0)
    assert (risky_gates < 0.5).tolist() == [True, False, True, False]  # bandit warns of the import as well
    assert bool((clean_gates > 0.5).all())


def test_what_the_graph_part_changes(workspace: Workspace) -> None:
    """The inverter no longer sees the flagged statement; without the graph part it sees the program as it is."""
    found = scan([RISKY])
    (text,) = edited(workspace, [RISKY], found, seed=0)
    assert "shell=True" not in text
    assert LEFT_OPEN in text
    graph = program_graph(RISKY, found[0] or [])
    assert graph is not None
    assert without(RISKY, graph, torch.ones(4)) == RISKY.rstrip("\n")
    asked: dict[bool, str] = {}
    for switched in (False, True):
        workspace.cfg.method.promsec.graph = switched
        workspace.cfg.method.promsec.rounds = 1
        generator = Scripted(workspace.policy.tokenizer, lambda prompt, count: "a prompt")
        workspace.generator = generator
        refine(workspace, workspace.test[:1], [Completion(workspace.test[0].task_id, fenced(RISKY))], 0)
        asked[switched] = generator.asked[0]
    assert '"ls " + name' in asked[False]
    assert '"ls " + name' not in asked[True]
    assert LEFT_OPEN in asked[True]


def test_the_loop_ends_clean_or_keeps_the_first_answer(
    workspace: Workspace, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Task 0 is clean at once, task 1 in the second round, task 2 never."""
    rounds = {"n": 0}

    def invert(ws: Workspace, questions: list[str], seed: int) -> list[str]:
        rounds["n"] += 1
        assert all("Starting a process" in q or "subprocess" in q for q in questions)
        return ["write it well"] * len(questions)

    def writer(root: Any, policy: Any, settings: Any) -> Scripted:
        says = iter([RISKY, RISKY] if rounds["n"] == 1 else [CLEAN, RISKY] if rounds["n"] == 2 else [RISKY])
        return Scripted(policy.tokenizer, lambda text, count: fenced(next(says)))

    monkeypatch.setattr("real.methods.promsec.ask", invert)
    monkeypatch.setattr("real.methods.promsec.evaluation_generator", writer)
    workspace.cfg.method.promsec.rounds = 3
    first = [Completion(task.task_id, fenced(code)) for task, code in zip(tasks, (CLEAN, RISKY, RISKY), strict=False)]
    answers = refine(workspace, tasks[:3], first, seed=0)
    assert answers[0] is first[0]
    assert answers[1].text == fenced(CLEAN)
    assert answers[2] is first[2]
    lines = [json.loads(line) for line in (workspace.store / "promsec.jsonl").read_text().splitlines()]
    assert [(line["clean"], line["round"]) for line in lines] == [(True, 0), (True, 2), (False, None)]
    for line, answer in zip(lines, answers, strict=True):
        if line["clean"]:  # what is accepted is clean under bandit
            assert scan([answer.text.removeprefix("```python\n").removesuffix("\n```")]) == [[]]


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._say({"data": []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say({"choices": [{"message": {"content": f"{body['model']}: {body['messages'][0]['content']}"}}]})

    def _say(self, record: object) -> None:
        data = json.dumps(record).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_endpoint_inverts(workspace: Workspace, endpoint: str) -> None:
    own = workspace.cfg.method.promsec
    own.endpoint, own.endpoint_model = endpoint, "m"
    METHOD.check(workspace)
    assert ask(workspace, ["one", "two"], seed=0) == ["m: one", "m: two"]


def test_an_endpoint_that_is_not_there_is_told_first(workspace: Workspace) -> None:
    own = workspace.cfg.method.promsec
    own.endpoint = "localhost:1"
    (lack,) = METHOD.missing(workspace.cfg)
    assert "base URL" in lack
    own.endpoint = "http://127.0.0.1:1/v1"
    assert METHOD.missing(workspace.cfg) == []
    with pytest.raises(InfrastructureError, match="does not answer"):
        METHOD.check(workspace)
