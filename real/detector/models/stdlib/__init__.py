"""What is known of the modules of Python itself."""
