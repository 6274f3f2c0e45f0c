"""Turn the solution of an exercise, as it stands in a chapter, into what the student gets."""

import re

BLANK = "_" * 13
WIDTH = 79  # characters that a page shows without scrolling
MARK = re.compile(r"\s*# blank: ")
BEGIN = re.compile(r"^(\s*)### BEGIN SOLUTION: (.+)$")
END = re.compile(r"^\s*### END SOLUTION\s*$")


def student_form(source: str) -> str:
    """Return the code of an exercise cell with its blanks in place of the answers.

    Parameters
    ----------
    source : str
        The solution. ``code  # blank: text  # hint`` marks that ``text`` in the line is the answer; the lines
        between ``### BEGIN SOLUTION: hint`` and ``### END SOLUTION`` are one answer together.

    Raises
    ------
    ValueError
        If the text of a blank is not on its line, has no hint, or a marker has no partner.
    """
    lines, hidden, result = source.splitlines(), False, []
    for number, line in enumerate(lines, 1):
        if begin := BEGIN.match(line):
            if hidden:
                raise ValueError(f"code line {number}: a solution begins within a solution: end the first one before.")
            hidden = True
            result.append((f"{begin[1]}{BLANK}", [begin[2]]))
        elif END.match(line):
            if not hidden:
                raise ValueError(f"code line {number}: END SOLUTION without a BEGIN SOLUTION above it.")
            hidden = False
        elif not hidden:
            result.append(open_blanks(line, number))
    if hidden:
        raise ValueError("a BEGIN SOLUTION has no END SOLUTION.")
    return "\n".join(numbered(result))


def open_blanks(line: str, number: int) -> tuple[str, list[str]]:
    """Return a line of code with its answers taken out, and the hint of each."""
    code, *marks = MARK.split(line)
    hints = []
    for mark in marks:
        answer, separator, hint = mark.partition("  # ")
        if not separator or code.count(answer) != 1:
            reason = "has no hint after it" if not separator else "must stand once in the code before it"
            raise ValueError(f"code line {number}: the blank {answer!r} {reason}.")
        code = code.replace(answer, BLANK)
        hints.append(hint)
    return code, hints


def numbered(lines: list[tuple[str, list[str]]]) -> list[str]:
    """Return the lines with each hint as ``# blank k of n: hint``: behind its line, or above where that is too long."""
    total, count, result = sum(len(hints) for _, hints in lines), 0, []
    for code, hints in lines:
        notes = [f"# blank {count + k} of {total}: {hint}" for k, hint in enumerate(hints, 1)]
        count += len(hints)
        line = "  ".join([code, *notes])
        indent = code[: len(code) - len(code.lstrip())]
        result += [line] if len(line) <= WIDTH else [*(f"{indent}{note}" for note in notes), code]
    return result


def answers(source: str) -> list[str]:
    """Return what belongs into the blanks of an exercise cell, in order.

    Parameters
    ----------
    source : str
        The solution, as for `student_form`.
    """
    found, hidden = [], None
    for line in source.splitlines():
        if BEGIN.match(line):
            hidden = []
        elif END.match(line) and hidden is not None:
            found.append("\n".join(hidden))
            hidden = None
        elif hidden is not None:
            hidden.append(line)
        else:
            found += [mark.partition("  # ")[0] for mark in MARK.split(line)[1:]]
    return found
