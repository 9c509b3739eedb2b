"""Where the figures of a training step go while it runs: CSV and W&B (``conf/logger``)."""
