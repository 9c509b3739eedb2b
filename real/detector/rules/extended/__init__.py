"""Rules beyond the paper's eighteen: off in the reward and by default,
on with ``--select extended`` or by their ids."""
