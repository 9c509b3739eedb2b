"""PromSec's graph GAN (Nazzal et al., 2024, section 4.2) over program graphs, in plain torch.

The generator gates statements: a gate near 0 says that a statement should be written anew. The gated graph must have
less of what bandit found, stay like the original (contrastive loss), and look to the discriminator like a graph without
findings (adversarial loss; were the originals its real examples, it would teach to keep what is insecure). All three
terms carry gradient; in the released code the similarity did not, and the edited graph was never turned back into code,
so that it could change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from real.methods.config import PromsecCfg
from real.methods.promsec.program_graph import FEATURES, ProgramGraph

DISCRIMINATOR_STEPS = 5  # for each step of the generator


class GraphConv(nn.Module):
    """x' = W1 x + W2 A x (Morris et al., 2019), for node features ``[N, F]`` and edges ``[N, N]``."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.own, self.neighbours = nn.Linear(into, out), nn.Linear(into, out, bias=False)

    def forward(self, features: Tensor, edges: Tensor) -> Tensor:
        """Node features ``[N, out]``."""
        made: Tensor = self.own(features) + self.neighbours(edges @ features)
        return made


class GateGenerator(nn.Module):
    """GraphConv(F, 128), ReLU, GraphConv(128, 1), sigmoid: a gate for each statement ``[N]``."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = GraphConv(FEATURES, 128), GraphConv(128, 1)
        nn.init.constant_(self.second.own.bias, 2.0)  # gates begin open: an untrained generator changes nothing

    def forward(self, graph: ProgramGraph) -> Tensor:
        """See the class."""
        hidden = torch.relu(self.first(graph.features, graph.edges))
        return torch.sigmoid(self.second(hidden, graph.edges)).squeeze(-1)


class Discriminator(nn.Module):
    """GraphConv(F, 64), ReLU, GraphConv(64, 1), mean over nodes: a logit, for BCE with logits."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = GraphConv(FEATURES, 64), GraphConv(64, 1)

    def forward(self, features: Tensor, edges: Tensor) -> Tensor:
        """See the class."""
        hidden = torch.relu(self.first(features, edges))
        return self.second(hidden, edges).mean()  # type: ignore[no-any-return]


def gated(graph: ProgramGraph, gates: Tensor) -> tuple[Tensor, Tensor]:
    """Features and edges of the edited graph: a closed gate takes a statement and all its edges away."""
    return graph.features * gates.unsqueeze(1), graph.edges * gates.unsqueeze(1) * gates.unsqueeze(0)


def remaining_severity(graph: ProgramGraph, gates: Tensor) -> Tensor:
    """The share of what bandit found that the edited graph still has, in [0, 1]."""
    return (graph.severity * gates).sum() / graph.severity.sum().clamp(min=1e-6)


def distance(graph: ProgramGraph, gates: Tensor) -> Tensor:
    """1 less the cosine similarity of the edited graph to the original, features and edges together."""
    old = torch.cat([graph.features.flatten(), graph.edges.flatten()])
    new = torch.cat([part.flatten() for part in gated(graph, gates)])
    return 1 - functional.cosine_similarity(old, new, dim=0)


def contrastive(costs: Tensor, seen: Tensor) -> Tensor:
    """-log [e^-c / (e^-c + sum over seen e^-c')], the mean over edited graphs ``[B]``.

    ``c`` is alpha times the remaining severity plus beta times the distance; ``seen`` ``[S]`` are the costs of the
    graphs as they were found, which an edited graph must be better than.
    """
    rest = torch.logsumexp(-seen, dim=0).expand_as(costs)
    return (costs + torch.logaddexp(-costs, rest)).mean()


def train_gates(graphs: Sequence[ProgramGraph], cfg: PromsecCfg, seed: int) -> list[Tensor]:
    """Train generator and discriminator on ``graphs`` and return the gates ``[N]`` of each."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator, judge = GateGenerator(), Discriminator()
    generating = torch.optim.Adam(generator.parameters(), lr=cfg.graph_lr)
    judging = torch.optim.Adam(judge.parameters(), lr=cfg.graph_lr)
    one = torch.tensor(1.0)
    reals = [gated(graph, (graph.severity == 0).float()) for graph in graphs]
    seen = torch.tensor([cfg.security_weight * float(graph.severity.sum() > 0) for graph in graphs])
    for _ in range(cfg.graph_epochs):
        for _ in range(DISCRIMINATOR_STEPS):
            with torch.no_grad():
                fakes = [gated(graph, generator(graph)) for graph in graphs]
            loss = torch.stack(
                [
                    functional.binary_cross_entropy_with_logits(judge(*real), one)
                    + functional.binary_cross_entropy_with_logits(judge(*fake), 0 * one)
                    for real, fake in zip(reals, fakes, strict=True)
                ]
            ).mean()
            _step(judging, loss)
        gates = [generator(graph) for graph in graphs]
        costs = torch.stack(
            [
                cfg.security_weight * remaining_severity(graph, gate) + cfg.similarity_weight * distance(graph, gate)
                for graph, gate in zip(graphs, gates, strict=True)
            ]
        )
        verdicts = torch.stack([judge(*gated(graph, gate)) for graph, gate in zip(graphs, gates, strict=True)])
        adversarial = functional.binary_cross_entropy_with_logits(verdicts, torch.ones_like(verdicts))
        _step(generating, contrastive(costs, seen) + cfg.adversarial_weight * adversarial)
    with torch.no_grad():
        return [generator(graph) for graph in graphs]


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
