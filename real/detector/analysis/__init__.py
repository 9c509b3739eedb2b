"""The taint analysis: abstract values and heap, transfer functions, guards, and what rules may ask of the end."""
