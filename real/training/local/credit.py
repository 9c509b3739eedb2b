"""Blame of characters to credit on tokens, without a change of what any response earns (``reward.credit``).

Let ``R`` be the reward of a response ``a_0 … a_n``, which the paper puts on its last token, and ``b_t`` the blame of
token ``t`` (``real/rewards/credit.py``), with ``b_0 = 0`` and ``b_(n+1) = 0``. The rewards are redistributed:

    r'_t = r_t + f_t,   f_t = b_(t+1) - b_t                                                                     (1)

**The sum is kept.** The ``f_t`` telescope: their sum is ``b_(n+1) - b_0 = 0``, so that every response earns ``R``, the
expected return ``J`` is the same function of the policy as without credit, and so is its optimum. That is the condition
of a return-equivalent redistribution (RUDDER: Arjona-Medina et al., 2019, definition 1 and theorem 1).

**What a token's advantage becomes.** The sum of credit from token ``t`` on is ``-b_t``. So the return of a blamed token
is lower by its blame, and that of every other token, before and behind, is what it was:

    A'_t = A_t - b_t                                                                                            (2)

Had the blame been taken on the blamed tokens and given back on the last one, ``-c … +c``, the return of every token up
to the blame would be ``R`` and only those behind it would see ``R + c``: the blamed token would be told from what
follows it, but not from what came before. (1) takes and gives back at the ends of each blamed part.

(1) has the form of potential-based shaping (Ng et al., 1999) with the potential ``b``. There it is a function of the
state, the critic learns it, and advantages do not change at all. Here it depends on the action, as in look-ahead advice
(Wiewiora et al., 2003): ``Q' = Q - b`` while the baseline stays. For that reason the critic learns the returns without
credit, those of the paper, and (2) is applied as it stands: neither ``trainer.gamma`` nor ``trainer.gae_lambda`` nor a
critic that foresees the blame can undo it. Reward normalisation divides blame by what it divides scores by. Whitening
is one affine map, of positive slope, for all tokens: it keeps their order.

**What is not promised.** ``J`` is kept, its gradient estimate is not: whether a token is blamed depends on what
follows, so that the credit of earlier tokens is not independent of later actions, and the expected step is the gradient
of ``J`` less ``E[sum_t b_t grad log pi(a_t | s_t)]``: away from tokens that turn out to be blamed, at most as far as
the defects cost. Where the best policy has no defects that second term is 0 at the optimum. Where defects cannot be
avoided (a finding that is wrong about every right answer), it is not, and training settles elsewhere. A token is
blamed for where a defect shows, not for the earlier choice that led there.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from torch import Tensor

from real.generation.token_spans import token_spans
from real.policy.policy import Policy
from real.training.local.estimates import CLIP, reward_to_go
from real.types import Credit


def token_blame(policy: Policy, tokens: Sequence[int], text: str, credit: Sequence[Credit]) -> list[float]:
    """The blame of each response token: the largest one among the characters that it writes, 0 on the first token.

    ``text`` is the whole response, ``credit`` disjoint parts of it in their order. A character of several tokens blames
    all of them. The first token is left out because (1) needs that; a program never begins there, but behind a fence.
    """
    spans = token_spans(lambda ids: policy.tokenizer.decode(ids, skip_special_tokens=True), tokens, text)
    found, first = [0.0] * len(tokens), 0
    for number, (start, end) in enumerate(spans):
        while first < len(credit) and credit[first].end <= start:
            first += 1
        at = first
        while start < end and at < len(credit) and credit[at].start < end:
            found[number] = max(found[number], credit[at].value)
            at += 1
    return [0.0, *found[1:]]


def scattered(blame: Sequence[float], seed: str) -> list[float]:
    """The same blame on other tokens, drawn by ``seed``: the control ``reward.credit=random``."""
    rest = list(blame[1:])
    random.Random(f"random credit/{seed}").shuffle(rest)
    return [*blame[:1], *rest]


def in_unit(blame: Tensor, scale: float) -> Tensor:
    """Blame in the unit of the scores, which are divided by ``scale`` and count as at most 10 either way, too."""
    return (blame / scale).clamp(max=CLIP)


def redistribution(blame: Tensor, mask: Tensor) -> Tensor:
    """The credit ``f`` of every token by (1), ``[B, R]``; each row sums to 0."""
    blame = blame * mask
    following = blame.roll(-1, dims=1)
    following[:, -1] = 0
    return following - blame


def with_credit(advantages: Tensor, blame: Tensor, mask: Tensor) -> Tensor:
    """Advantages with the sum of credit from each token on, (2)."""
    return advantages + reward_to_go(redistribution(blame, mask), mask)
