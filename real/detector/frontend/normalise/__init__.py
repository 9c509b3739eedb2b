"""Passes over the syntax tree that give one form to what means the same; ``passes`` has them in order."""
