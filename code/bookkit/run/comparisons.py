"""What the cells of a page compared, and what that cost: taken from its kernel, cell by cell.

The setting ``comparisons`` names a function that returns what was asked for since its last call:
a list with ``images`` and ``networks``, each with ``case``, ``seed``, ``network`` (the same text
for the same network, None for one that is never kept), ``multiplications`` (None if not counted)
and ``seconds`` (of its training, whenever that was).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from bookkit.book.mime import COST
from bookkit.book.pages import ExecutedPage


def comparisons_of(executed: Iterable[ExecutedPage]) -> list[dict[str, Any]]:
    """Return a row for each comparison of a book, in its order.

    A network counts where it is first asked for; it is read wherever it is asked for again. What a
    cell compares in several steps, as with other images for each seed, is one comparison. One all
    of whose networks stand on the same page already has no row.

    Returns
    -------
    list of dict
        ``page``, ``cell`` (number of the code cell), ``cases``, ``seeds`` (how many a case has, the
        fewest and the most), ``images``, ``trained`` (number of networks), ``multiplications`` (of
        these; None if some are not counted), ``seconds`` (of these, added up) and ``read`` (page
        that has them first: number of networks).
    """
    first: dict[str, str] = {}
    rows = []
    for each in executed:
        name = each.page.docname
        for number, found in together(asked_on(each)):
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


def together(asked: Iterable[tuple[int, dict[str, Any]]]) -> list[tuple[int, dict[str, Any]]]:
    """Return comparisons, those of one cell with the same cases on as many images as one."""
    found: dict[tuple, list[dict[str, Any]]] = {}
    for number, each in asked:
        cases = tuple(sorted({network["case"] for network in each["networks"]}))
        found.setdefault((number, cases, each["images"]), []).extend(each["networks"])
    return [
        (number, {"images": images, "networks": networks})
        for (number, _, images), networks in found.items()
    ]


def row_of(page: str, cell: int, found: dict[str, Any], first: dict[str, str]) -> dict[str, Any]:
    """Return the row of a comparison, and note in ``first`` where its networks are trained."""
    new, seconds, read = [], 0.0, Counter()
    for each in found["networks"]:
        if each["network"] in first:
            read[first[each["network"]]] += 1
        else:
            new.append(each["multiplications"])
            seconds += each["seconds"]
        if each["network"] is not None:
            first.setdefault(each["network"], page)
    seeds: dict[str, set[int]] = {}
    for each in found["networks"]:
        seeds.setdefault(each["case"], set()).add(each["seed"])
    counts = [len(own) for own in seeds.values()]
    return {
        "page": page,
        "cell": cell,
        "cases": list(seeds),
        "seeds": (min(counts), max(counts)),
        "images": found["images"],
        "trained": len(new),
        "multiplications": None if None in new else sum(new),
        "seconds": seconds,
        "read": dict(read),
    }
