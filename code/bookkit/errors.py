"""The one exception that a build ends with."""


class BookError(Exception):
    """Something in the book, its set-up or its machine stops the work; the text says what and what to do."""
