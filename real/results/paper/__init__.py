"""The paper's tables and its Figure 3, filled from runs, beside the numbers that the paper prints."""
