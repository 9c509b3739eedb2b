"""Score for others: ``python -m real.serving`` answers OpenRLHF, or any client of its format, over HTTP.

With ``--job FOLDER`` it serves what a launcher wrote there; with ``--dataset NAME`` any data set, for instance on a
machine of its own, so that untrusted code never runs beside the GPUs. Exit codes: 0 ended by a signal, 2 wrong usage,
3 unusable data, 4 the machine failed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from real.datasets import load_path
from real.errors import InfrastructureError, RealError, UsageError
from real.execution.config import ExecutionCfg, Isolation
from real.io import console, disk
from real.judge import Judge, JudgeCfg
from real.protocols import PROTOCOLS, EvaluationProtocol
from real.rewards.config import VARIANTS, RewardCfg, Variant
from real.serving.scorer import Scorer
from real.serving.scorer_spec import ScorerSpec
from real.serving.server import ScorerServer

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    console.protect(outlive=True)
    arguments = _parser().parse_args(argv)
    try:
        _serve(arguments)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return error.exit_code
    return 0


def _serve(arguments: argparse.Namespace) -> None:
    token = os.environ.get(arguments.token_env, "")
    if arguments.host not in _LOOPBACK and not token:
        raise UsageError(
            f"--host {arguments.host} lets other machines ask, and there is no token in {arguments.token_env}",
            hint=f"For example: {arguments.token_env}=$(openssl rand -hex 16) python -m real.serving …",
        )
    folder = Path(arguments.job) if arguments.job else None
    spec = ScorerSpec.read(folder) if folder else _spec_of_dataset(arguments)
    slots = arguments.slots or _slots(spec)
    record = folder / "scored.jsonl" if folder else None
    failures = folder / "analysis_failures.jsonl" if folder else None

    def make_judge() -> Judge:
        judge = Judge(spec.judge, typecheck_workers=max(1, _cores() // 2), failures=failures)
        judge.prepare(spec.tasks.values())
        return judge

    batch = 256 if spec.judge.execution.backend == "ray" else 8
    with Scorer(spec, make_judge, slots=slots, batch=batch, capacity=arguments.capacity, record=record) as scorer:
        try:
            server = ScorerServer(
                scorer, host=arguments.host, port=arguments.port, token=token, advertise=arguments.advertise
            )
        except OSError as error:
            raise InfrastructureError(
                f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror or error}",
                hint="Is another scorer running there? --port 0 takes any free port.",
            ) from error
        _run(server, token, Path(arguments.ready) if arguments.ready else None)


def _run(server: ScorerServer, token: str, ready: Path | None) -> None:
    """Serve until a signal comes, or until the process that started this one is gone."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"scoring at {server.url} ({server.scorer.describe()})", flush=True)
    if ready is not None:
        _write_private(ready, {"url": server.url, "token": token, "pid": os.getpid()})
    parent = os.getppid()
    while not ended.wait(1.0):
        if ready is not None and os.getppid() != parent:
            break  # a launcher that was killed leaves nothing behind
    server.shutdown()


def _write_private(path: Path, content: dict[str, object]) -> None:
    """The address file holds the token: it is readable by its owner only, from the first byte on."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with disk.disk_errors(path):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(content) + "\n")
        part.replace(path)


def _slots(spec: ScorerSpec) -> int:
    if spec.judge.execution.backend == "ray":
        return 1  # its pool takes one batch at a time, and spreads it over the cluster
    return 2 * _cores()  # a batch that waits for its slowest program leaves none of them idle


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _spec_of_dataset(arguments: argparse.Namespace) -> ScorerSpec:
    if not arguments.dataset:
        raise UsageError("nothing to serve", hint="Name it: --dataset safesql_mini, or --job FOLDER of a launcher.")
    reward = RewardCfg(Variant(arguments.reward), arguments.alpha)
    reward.check()
    execution = ExecutionCfg(workers=arguments.workers, min_isolation=Isolation(arguments.min_isolation))
    execution.check()
    judge = JudgeCfg(reward, execution=execution, protocol=EvaluationProtocol(arguments.protocol))
    spec = ScorerSpec(judge, special=tuple(arguments.special))
    for mode, split in (("train", "train"), ("eval", "test")):
        spec.add(mode, load_path(arguments.dataset, split).tasks)
    return spec


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.serving", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--job", help="folder that a launcher wrote (scoring.json, tasks.pickle)")
    parser.add_argument("--dataset", help="name of a data set, a file or a folder")
    parser.add_argument("--reward", default="hybrid", choices=VARIANTS)
    parser.add_argument("--alpha", type=float, default=0.5, help="weight of quality")
    parser.add_argument("--protocol", default="strict", choices=PROTOCOLS)
    parser.add_argument("--special", nargs="*", default=["<|im_end|>", "<|endoftext|>"], help="the end tokens' texts")
    parser.add_argument("--host", default="127.0.0.1", help="other than loopback needs a token")
    parser.add_argument("--advertise", help="host that clients are told (default: --host, or this machine's address)")
    parser.add_argument("--port", type=int, default=8700, help="0: any free one")
    parser.add_argument("--token-env", default="REAL_SCORER_TOKEN", help="the environment variable with the token")
    parser.add_argument("--ready", help="file to write the address and token to, once requests are answered")
    parser.add_argument("--slots", type=int, default=0, help="batches judged at a time (0: two a core)")
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (0: one a core)")
    parser.add_argument("--min-isolation", default="medium", choices=tuple(Isolation))
    parser.add_argument("--capacity", type=int, default=4096, help="samples that may wait")
    return parser


if __name__ == "__main__":
    gc.set_threshold(100_000, 20, 20)  # the detector makes much that has circles, and little of it lasts
    sys.exit(main())
