"""A trained policy on the disk."""

from __future__ import annotations

from pathlib import Path

from real.io.disk import disk_errors
from real.policy.policy import Policy


def save_policy(policy: Policy, folder: Path) -> None:
    """Save what ``from_pretrained`` loads as it is: LoRA's active adapter is merged into its base.

    Nothing where ``folder`` is there already: a cluster trainer has saved it. Raises ``InfrastructureError`` where the
    disk refuses.
    """
    if folder.exists():
        return
    model = policy.model
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload(adapter_names=model.active_adapters)
    with disk_errors(folder):
        model.save_pretrained(folder)
        policy.tokenizer.save_pretrained(folder)
