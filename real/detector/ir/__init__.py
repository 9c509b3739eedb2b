"""The intermediate representation: instructions, blocks and their graph, dominators, SSA, control dependence."""
