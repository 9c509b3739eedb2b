"""The blame of the first character of the query's text, by where it stands and what it is.

    python experiments/trace_credit/entry.py STEP outputs/RUN…

The answers of one step of some runs are judged again with ``reward.credit=trace``.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

from hydra import compose, initialize_config_dir

from real.config.schema import register
from real.datasets import load
from real.judge import Judge, JudgeCfg
from real.settings import to_dataclass
from real.types import Completion

CONF = Path(__file__).resolve().parents[2] / "conf"
QUERY = re.compile(r"([=(])\s*(f?[\"'])SELECT.*")


def main(step: int, runs: list[Path]) -> None:
    """Print, for each way to begin a query, means of reward and blame and the share that does not run."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        root = to_dataclass(compose("config", ["+exp=quickstart", "reward.credit=trace"]))
    tasks = {task.task_id: task for task in load(root.dataset, "train").tasks}
    records = [json.loads(line) for run in runs for line in (run / "rollouts.jsonl").open(encoding="ascii")]
    records = [record for record in records if record["step"] == step]
    answers = [Completion(record["task_id"], record["completion"], record["finished"]) for record in records]
    with Judge(JudgeCfg.of(root)) as judge:
        judged = judge.score([tasks[answer.task_id] for answer in answers], answers)
    groups: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
    for answer, (_, reward) in zip(answers, judged, strict=True):
        match = QUERY.search(answer.text)
        if match is None or reward.value is None:
            continue
        at = match.start(2)
        blamed = next((part.value for part in reward.credit if part.start <= at < part.end), 0.0)
        made = reward.value, blamed, not reward.components.get("runnable")
        start = f"behind {match[1]} {'f-string' if match[2][0] == 'f' else 'plain text'}"
        groups[start].append(made)
        if "f-string" not in start:
            groups[f"{start}, {'placeholders' if '?' in match[0] else 'no placeholder'}"].append(made)
    print(f"{'':40} answers  reward  blame  does not run")
    for name, found in sorted(groups.items()):
        value, blamed, failed = (sum(column) / len(found) for column in zip(*found, strict=True))
        print(f"{name:40} {len(found):7}  {value:6.2f}  {blamed:5.2f}  {failed:5.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]), [Path(one) for one in sys.argv[2:]])
