"""What MyPy alone lets pass: escape hatches, dead code and signatures, which fail a program; unused code and names."""
