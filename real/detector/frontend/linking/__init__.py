"""Linking: what a file imports from others of its project becomes part of the program that is analysed.

One program stays one tree: the definitions that a file imports, and what they need in turn, are copied in front of it
under free names, so that every later stage sees them as if they had been written there. Which file a line is of stands
in the line number (``positions``).
"""
