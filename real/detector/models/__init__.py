"""What is known of libraries: one file a library, typed rows (see ``rows``), checked against the real ones."""
