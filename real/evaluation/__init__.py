"""Pass rates of the paper's section 4.1, with intervals."""
