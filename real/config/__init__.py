"""From a command line to a checked configuration and a run directory: composition, lifecycle, sweeps."""
