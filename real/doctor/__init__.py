"""``python -m real.doctor``: what this machine has for REAL, and how to get what it lacks."""
