"""Runs as SLURM jobs: one array job per sweep, from a configuration frozen at submission (docs/cluster.md)."""
