"""What libraries have in common, filled from the rows of ``models/``: endpoints, responses, templates, limits."""
