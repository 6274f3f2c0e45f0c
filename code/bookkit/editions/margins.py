"""What stands in the margins of printed pages."""

BOX = "font: 8pt/1.3 sans-serif; color: #444;"
WARNS = "font: bold 8pt/1.3 sans-serif; color: #000;"


def margins(left: str, right: str, warning: str = "", name: str = "") -> str:
    """Return the rule, as CSS, for the margins of printed pages.

    Parameters
    ----------
    left, right : str
        What stands in the upper corners.
    warning : str
        What stands at the bottom of every page, in bold letters.
    name : str
        What these pages are called; empty for all that have no name.
    """
    boxes = [("top-left", left, BOX), ("top-right", right, BOX), ("bottom-left", warning, WARNS)]
    rules = [
        f"@{place} {{ content: {quoted(text)}; {look} }}" for place, text, look in boxes if text
    ]
    return f"@page {name} {{ {' '.join(rules)} }}"


def quoted(text: str) -> str:
    """Return a text as CSS writes it, safe inside of a style element."""
    special = {"\\": "\\\\", '"': '\\"', "\n": " ", "<": "\\3c "}
    return '"' + "".join(special.get(letter, letter) for letter in text) + '"'
