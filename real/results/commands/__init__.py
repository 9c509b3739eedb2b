"""The commands of ``python -m real.results``: one file each, with its arguments and what it prints."""
