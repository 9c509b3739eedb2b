"""The numbers of one step that tell a person whether to trust it (each is explained in docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from real.generation import Response
from real.training.local.estimates import masked_mean


def experience_statistics(
    log_ratio: Tensor, entropy: Tensor | None, values: Tensor | None, advantages: Tensor, returns: Tensor, mask: Tensor
) -> dict[str, float]:
    """Of ``[B, R]`` tensors before whitening; ``log_ratio`` is log pi - log pi_ref, ``mask`` 1 where samples count.

    ``entropy`` and ``values`` are left out where they are not known.
    """
    samples = (mask.sum(dim=1) > 0).sum().clamp(min=1)
    log = {
        "kl": float((log_ratio * mask).sum() / samples),  # per response, k1 estimator
        "kl_token": float(masked_mean(log_ratio, mask)),
        "advantage_mean": float(masked_mean(advantages, mask)),
        "advantage_std": _deviation(advantages, mask),
        "return_mean": float(masked_mean(returns, mask)),
        "return_std": _deviation(returns, mask),
    }
    if entropy is not None:
        log["entropy"] = float(masked_mean(entropy, mask))
    if values is not None:
        spread = masked_mean((returns - masked_mean(returns, mask)) ** 2, mask).clamp(min=1e-8)
        log["explained_variance"] = float(1 - masked_mean((returns - values) ** 2, mask) / spread)
        log["value_mean"] = float(masked_mean(values, mask))
    return log


def credit_statistics(advantages: Tensor, blame: Tensor, mask: Tensor) -> dict[str, float]:
    """The advantages of blamed tokens and of the others of the same responses, as an update sees them, ``[B, R]``.

    Empty where nothing is blamed.
    """
    blamed = ((blame > 0) * mask).float()
    if not blamed.any():
        return {}
    rest = mask * blamed.any(dim=1, keepdim=True) - blamed
    return {
        "blamed_share": float(blamed.sum() / mask.sum()),
        "advantage_blamed": float(masked_mean(advantages, blamed)),
        "advantage_rest": float(masked_mean(advantages, rest)),
    }


def response_statistics(responses: Sequence[Response]) -> dict[str, float]:
    """Length in tokens, and the share that was cut off at the length limit."""
    lengths = [len(r.tokens) for r in responses]
    return {
        "response_tokens": sum(lengths) / len(lengths),
        "response_tokens_max": float(max(lengths)),
        "unfinished": sum(not r.finished for r in responses) / len(responses),
    }


def speeds(times: Sequence[float], response_tokens: int, tokens: int, epochs: int) -> dict[str, float]:
    """Seconds and tokens a second of each phase, from the five moments between which they lie.

    Generation counts response tokens; the others count prompts too, an update those of every epoch.
    """
    generate, reward, forward, update = (after - before for before, after in pairwise(times))
    return {
        "seconds_generate": generate,
        "seconds_reward": reward,  # what scoring took beyond generation, behind which it hides
        "seconds_forward": forward,  # log-probabilities, reference and values
        "seconds_update": update,
        "seconds": times[-1] - times[0],
        "tokens_per_s_generate": response_tokens / max(generate, 1e-9),
        "tokens_per_s_forward": tokens / max(forward, 1e-9),
        "tokens_per_s_update": tokens * epochs / max(update, 1e-9),
    }


def _deviation(values: Tensor, mask: Tensor) -> float:
    return float(masked_mean((values - masked_mean(values, mask)) ** 2, mask).sqrt())
