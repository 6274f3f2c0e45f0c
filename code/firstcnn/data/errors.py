"""What is said when data cannot be had."""


class DataError(RuntimeError):
    """The data could not be had: the message says what happened, what was expected and what to
    do.
    """


class UnavailableError(Exception):
    """A source of MNIST did not give what it should; `fetch` reports the reason and tries the
    next.
    """


def reason(error: Exception) -> str:
    """Say what is wrong with a file, as the end of a sentence that begins with its name."""
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    return str(error)


def bullets(lines: list[str]) -> str:
    return "".join(f"\n  - {line}" for line in lines)
