"""The first trainings on a node with GPUs: passed, or what to change (``slurm/first_node_check.py``)."""
