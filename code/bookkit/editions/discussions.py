"""Discussions, whose answers are folded so that the reader can think first."""

from bookkit.book.myst import directive_of, is_closed, tokens
from bookkit.system.errors import BookError

SEPARATOR = "+++"  # between question and answer


def fold_answers(text: str, place: str) -> str:
    """Fold what follows ``+++`` in the discussions of a text.

    Parameters
    ----------
    text : str
        MyST.
    place : str
        Its file and line, for messages.

    Raises
    ------
    BookError
        If a discussion has no end, or not one ``+++``.
    """
    lines = text.splitlines()
    for token in reversed(tokens(text)):  # from the end: the lines above stay where they are
        directive = directive_of(token)
        if token.level or not directive or not directive.is_discussion:
            continue
        begin, end = token.map
        if not is_closed(token, lines):
            raise BookError(
                f"{place}: a discussion below this line is not closed: end it with {token.markup}."
            )
        body = lines[begin + 1 : end - 1]
        if body.count(SEPARATOR) != 1:
            raise BookError(
                f"{place}: a discussion needs one line {SEPARATOR} between question and answer."
            )
        cut = body.index(SEPARATOR)
        lines[begin:end] = [
            f":{lines[begin]}",
            *body[:cut],
            f"{token.markup}{{dropdown}} What a good answer holds",
            *body[cut + 1 :],
            token.markup,
            f":{token.markup}",
        ]
    return "\n".join(lines)
