"""How numbers are written in text."""

import re


def with_minus_signs(text: str) -> str:
    """Return a text whose negative numbers have a minus sign where Python writes a hyphen."""
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text)
