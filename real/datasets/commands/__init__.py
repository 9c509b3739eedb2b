"""The sub-commands of ``python -m real.datasets``, one file each: ``add`` defines it, ``run`` does it."""
