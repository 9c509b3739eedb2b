"""Attacks on the sandbox: hostile programs by topic, a closed arena to run them in, and what must hold afterwards."""
