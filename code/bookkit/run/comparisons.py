"""What the cells of a page compared, and what that cost: taken from its kernel, cell by cell.

The setting ``comparisons`` names a function that returns what was asked for since its last call:
a list with ``images`` and ``networks``, each with ``case``, ``seed``, ``network`` (the same text
for the same network, None for one that is never kept) and ``multiplications`` (None if not
counted).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from bookkit.book.mime import COST
from bookkit.book.pages import ExecutedPage


def comparisons_of(executed: Iterable[ExecutedPage]) -> list[dict[str, Any]]:
    """Return a row for each comparison of a book, in its order.

    A network counts where it is first asked for; it is read wherever it is asked for again. A
    comparison all of whose networks stand on the same page already has no row.

    Returns
    -------
    list of dict
        ``page``, ``cell`` (number of the code cell), ``cases``, ``seeds``, ``images``, ``trained``
        (number of networks), ``multiplications`` (of these; None if some are not counted) and
        ``read`` (page that has them first: number of networks).
    """
    first: dict[str, str] = {}
    rows = []
    for each in executed:
        name = each.page.docname
        for number, found in asked_on(each):
            row = row_of(name, number, found, first)
            if row["trained"] or set(row["read"]) != {name}:
                rows.append(row)
    return rows


def asked_on(executed: ExecutedPage) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each comparison of a page with the number of its code cell."""
    code = (cell for cell in executed.cells if cell.is_code)
    for number, cell in enumerate(code, start=1):
        for output in cell.outputs:
            for found in output.get("data", {}).get(COST, ()):
                yield number, found


def row_of(page: str, cell: int, found: dict[str, Any], first: dict[str, str]) -> dict[str, Any]:
    """Return the row of a comparison, and note in ``first`` where its networks are trained."""
    new, read = [], Counter()
    for each in found["networks"]:
        if each["network"] in first:
            read[first[each["network"]]] += 1
        else:
            new.append(each["multiplications"])
        if each["network"] is not None:
            first.setdefault(each["network"], page)
    return {
        "page": page,
        "cell": cell,
        "cases": list(dict.fromkeys(each["case"] for each in found["networks"])),
        "seeds": sorted({each["seed"] for each in found["networks"]}),
        "images": found["images"],
        "trained": len(new),
        "multiplications": None if None in new else sum(new),
        "read": dict(read),
    }
