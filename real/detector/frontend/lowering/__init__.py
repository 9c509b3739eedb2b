"""From the syntax tree to units of basic blocks in SSA form."""
