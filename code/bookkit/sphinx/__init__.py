"""What Sphinx reads and what it writes."""
