"""What turns chapters into a site."""
