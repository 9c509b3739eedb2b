"""What a run leaves behind: an append-only store, tables, figures and a report."""
