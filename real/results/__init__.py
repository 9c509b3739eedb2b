"""Finished runs to tables, figures and a report."""
