"""Answers that choose among what a question offers: letters, words, or one number."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from bookkit.exercises.verdict import Unreadable

from lessons.checks.answers import unrolled, word, words
from lessons.checks.observed import listed


def read_letters(answer: Any) -> frozenset[str]:
    """Read several letters, in whatever order: a list of them, or one text such as "AC"."""
    if type(answer) is str:
        answer = list(answer.replace(",", "").replace(" ", ""))
    return words(unrolled(answer))


def are(*letters: str) -> Callable[[frozenset], bool]:
    """Return a test whether exactly these letters were named."""
    return lambda answer: answer == frozenset("".join(letters))


def about_letters(right: str, offered: str) -> Callable[[frozenset], str]:
    """Return what tells how many of the letters that were named are right, and how many miss."""

    def told(answer: frozenset) -> str:
        unknown = sorted(answer - frozenset(offered))
        if unknown:
            shown = listed([f'"{each[:20]}"' for each in unknown[:3]])
            return (
                f"There are the letters {offered[0].upper()} to {offered[-1].upper()}, not {shown}."
            )
        wrong, missing = len(answer - frozenset(right)), len(frozenset(right) - answer)
        return f"Of yours {wrong} should not be there, and {missing} more should."

    return told


def read_order(letters: str) -> Callable[[Any], str]:
    """Return a reader of letters whose order matters, such as "CADB"; each comes once."""

    def read(answer: Any) -> str:
        answer = unrolled(answer)
        if isinstance(answer, list | tuple):
            answer = "".join(word(each) for each in answer[: len(letters) + 1])
        text = "".join(word(answer).replace(",", " ").split())
        if sorted(text) != sorted(letters):
            raise Unreadable(
                f"This asks for the letters {listed(list(letters.upper()))}, each of them once, in"
                f" an order, but got {text[:20]!r}."
            )
        return text

    return read


def read_word(
    offered: Iterable[str], same: Mapping[str, str] = MappingProxyType({})
) -> Callable[[Any], str]:
    """Return a reader of one of several words; ``same`` has
    other names of them.
    """
    known = {each.lower(): each for each in offered}

    def read(answer: Any) -> str:
        text = word(answer)
        text = same.get(text, text)
        if text not in known:
            shown = listed([f'"{each}"' for each in known.values()])
            raise Unreadable(f'"{text[:40]}" is none of {shown}.')
        return text

    return read


def pairs(first: str, second: str) -> Callable[[tuple], bool]:
    """Return a test whether two answers, as read, are these."""
    return lambda answer: answer == (first, second)
