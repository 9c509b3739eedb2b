"""The options of ``build safesql`` that concern a language model."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from real.datasets.build.safesql.evolver import Evolver
from real.datasets.build.safesql.llm.evolver import ModelEvolver
from real.datasets.build.safesql.llm.transport import Endpoint, Model, Replay, Transport
from real.datasets.commands.options import at_least_one
from real.errors import UsageError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    group = parser.add_argument_group("with --evolver llm")
    group.add_argument("--model", help="the model's name at the endpoint")
    group.add_argument("--base-url", help="the endpoint, such as http://localhost:8000/v1 ($OPENAI_BASE_URL)")
    group.add_argument("--temperature", type=float, default=0.7, help="of sampling (0.7)")
    group.add_argument("--max-tokens", type=at_least_one, default=4096, help="of a reply (4096)")
    group.add_argument("--parallel", type=at_least_one, default=4, help="requests under way at a time (4)")
    group.add_argument("--timeout", type=float, default=120.0, help="seconds to wait for a reply (120)")
    group.add_argument("--record", type=Path, help="file of requests and replies (OUT/replies.jsonl); it is added to")
    group.add_argument("--replay", type=Path, help="answer from such a file and from nothing else")


def open_evolver(args: argparse.Namespace) -> Evolver:
    """The evolver that the options describe; raises ``UsageError`` or ``DataError`` where that is none."""
    if not args.model:
        raise UsageError("--evolver llm needs --model, the model's name at the endpoint")
    if args.replay and args.record:
        raise UsageError("--replay reads a record and --record adds to one: give one of the two")
    model = Model(args.model, args.temperature, args.max_tokens, args.seed)
    transport: Transport
    if args.replay:
        transport = Replay(args.replay)
    else:
        url = args.base_url or os.environ.get("OPENAI_BASE_URL")
        record = args.record or args.out / "replies.jsonl"
        transport = Endpoint(record, url, os.environ.get("OPENAI_API_KEY"), args.timeout)
    return ModelEvolver(transport, model, args.parallel)
