"""The warm-started miniature: what is asked (``recipe``), how it is made (``build``), and ``shipped/``."""
