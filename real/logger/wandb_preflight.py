"""Can W&B be used? Asked before anything else of a run, which would otherwise fail after its first evaluation."""

from __future__ import annotations

import base64
import json
import os
import re
import urllib.error
import urllib.request
from enum import StrEnum

from real.errors import InfrastructureError, UsageError
from real.logger.config import LoggerCfg

KEY = "WANDB_API_KEY"
_HOST = "https://api.wandb.ai"
_PATIENCE_S = 10.0
# As the client has it (wandb/sdk/lib/wbauth/validation.py): a secret of 40 characters or more, perhaps with a prefix.
_FORM = re.compile(r"(?:[^-]+-)?[\w-]{40,}|[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_QUERY = {"query": "query { viewer { id } }"}
_WITHOUT = "Use logger=wandb_offline and send the run later with `wandb sync`, or logger=none."


class WandbMode(StrEnum):
    """Where a run's figures go beside the CSV file."""

    NONE = "none"
    OFFLINE = "offline"
    ONLINE = "online"


def wandb_mode(cfg: LoggerCfg) -> WandbMode:
    """The mode of ``cfg``, unless W&B's own variables ask for less: ``WANDB_MODE``, ``WANDB_DISABLED``."""
    asked = os.environ.get("WANDB_MODE", "").lower()
    off = os.environ.get("WANDB_DISABLED", "").lower() in ("1", "true", "yes")
    if cfg.name == "none" or asked == "disabled" or off:
        return WandbMode.NONE
    if cfg.name == "wandb_offline" or asked in ("offline", "dryrun"):
        return WandbMode.OFFLINE
    return WandbMode.ONLINE


def key_problem(cfg: LoggerCfg) -> str | None:
    """What is wrong with the key that ``cfg`` needs, without its text; ``None`` where nothing is or none is needed."""
    if wandb_mode(cfg) != WandbMode.ONLINE:
        return None
    key = os.environ.get(KEY, "")
    if not key:
        return "not set"
    return None if _FORM.fullmatch(key) else "not a key: it is shorter than 40 characters or has other signs in it"


def check_wandb(cfg: LoggerCfg) -> None:
    """Ask the server with the key, once. Raises ``UsageError`` for a key that is none, or that the server refuses, and
    ``InfrastructureError`` where no server answers; does nothing unless figures are to be sent while the run goes on.
    """
    if problem := key_problem(cfg):
        raise UsageError(f"logger=wandb needs a key in {KEY}, which is {problem}", hint=_WITHOUT)
    if wandb_mode(cfg) != WandbMode.ONLINE:
        return
    host = os.environ.get("WANDB_BASE_URL", _HOST).rstrip("/")
    token = base64.b64encode(f"api:{os.environ[KEY]}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    try:
        request = urllib.request.Request(f"{host}/graphql", json.dumps(_QUERY).encode(), headers)
        urllib.request.urlopen(request, timeout=_PATIENCE_S).close()
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise UsageError(f"{host} refuses the key in {KEY} (it answers {error.code})", hint=_WITHOUT) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise InfrastructureError(f"logger=wandb: {host} cannot be reached: {reason}", hint=_WITHOUT) from error
