"""From source text to the intermediate representation: parse, normalise, resolve names, lower."""
