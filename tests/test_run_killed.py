"""A run that is killed (SIGKILL) again and again, at random moments, ends with the numbers of one that was not."""

import os
import random
import signal
import subprocess
import time

import pytest
from test_run import command, facts, run_dir

KILLS = 20
VALIDATED = ("trainer.validation_tasks=4", "trainer.checkpoint_every=1")


def killed_after(out, seconds):
    """Start the run and kill it; returns whether it was still at work."""
    with subprocess.Popen(
        command(out, *VALIDATED), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
    assert process.returncode in (0, -signal.SIGKILL), f"the run failed with exit code {process.returncode}"
    return process.returncode != 0


@pytest.mark.slow
def test_twenty_random_kills_change_no_number(tmp_path):
    began = time.monotonic()
    subprocess.run(command(tmp_path / "straight", *VALIDATED), capture_output=True, check=True)
    whole = time.monotonic() - began
    expected = facts(run_dir(tmp_path / "straight"))
    kills, tries = 0, 0
    while kills < KILLS:
        out = tmp_path / f"killed_{tries}"
        tries += 1
        assert tries <= 2 * KILLS, "the runs end before they can be killed"
        # A run that ended before its kill is compared as well, and another one is begun.
        while kills < KILLS and killed_after(out, random.uniform(0, whole)):
            kills += 1
        subprocess.run(command(out, *VALIDATED), capture_output=True, check=True)
        assert facts(run_dir(out)) == expected
    print(f"{kills} kills over {tries} runs of {whole:.0f} s each")
