"""The directory of one run: its status, completions, outcomes and steps, and what a run was made with."""
