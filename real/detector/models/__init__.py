"""What is known of libraries."""
