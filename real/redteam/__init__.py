"""A search for programs that the detector calls clean although their tests still show the defect."""
