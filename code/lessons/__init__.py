"""What is this book's own: the checks of its exercises, and the claims of its sentences."""
