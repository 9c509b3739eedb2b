"""Source text in newer syntax than that of the running interpreter, read as it is meant."""
