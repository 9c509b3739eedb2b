"""Rows of the paper's tables: what is done with a model before it is evaluated. One file a method."""
