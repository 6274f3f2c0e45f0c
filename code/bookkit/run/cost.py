"""What pages and sites have cost, as work that does not depend on the machine: seconds × its speed.

The speed of a machine is what the function that the setting ``speed`` names measures in a second or
two; without that setting it is 1, and work is seconds. Each profile keeps what was last measured
beside its executed pages. What a new copy of the book goes by stands in the book itself
(``book/costs.json``) and is written by ``python -m bookkit costs``.
"""

import json
from pathlib import Path

from bookkit.book.project import Project
from bookkit.system.errors import BookError
from bookkit.system.files import write_if_changed

Costs = dict[str, float]  # by the page as it is named in the book, or `outlook.SITE`
SHIPPED = Path("book") / "costs.json"


def speed_of_machine(project: Project) -> float:
    """Return how fast this machine is right now, in the unit of the book.

    Raises
    ------
    BookError
        If the function does not return a positive number.
    """
    if not project.settings.speed:
        return 1.0
    speed = project.named("speed")()
    if not isinstance(speed, int | float) or not speed > 0:
        raise BookError(
            f"pyproject.toml: speed names a function that returned {speed!r}: expected a positive"
            " number."
        )
    return float(speed)


def costs_of(project: Project) -> Costs:
    """Return the work of pages under a profile: as last measured here, else as the book knows it.

    Pages of which nothing is known have no entry.
    """
    shipped = read(project.root / SHIPPED).get(project.profile.name, {})
    return numbers(shipped) | numbers(read(own_file(project)))


def keep_cost(project: Project, part: str, work: float) -> None:
    """Keep what a page, or the site, has cost."""
    kept = numbers(read(own_file(project))) | {part: float(f"{work:.4g}")}
    write_if_changed(own_file(project), json.dumps(kept, indent=1, sort_keys=True))


def ship_costs(project: Project) -> Path:
    """Write what was last measured under a profile into the book; return the file.

    Raises
    ------
    BookError
        If nothing was measured.
    """
    measured = numbers(read(own_file(project)))
    if not measured:
        raise BookError(
            f"Nothing of the {project.profile.name} profile was executed here: build it first."
        )
    target = project.root / SHIPPED
    shipped = read(target) | {project.profile.name: measured}
    write_if_changed(target, json.dumps(shipped, indent=1, sort_keys=True) + "\n")
    return target


def own_file(project: Project) -> Path:
    """Return the file of what was measured here."""
    return project.executed / "costs.json"


def read(file: Path) -> dict:
    """Return what a file holds; nothing if that cannot be told."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def numbers(found: object) -> Costs:
    """Return the entries that are positive numbers."""
    entries = found.items() if isinstance(found, dict) else ()
    return {
        part: float(work)
        for part, work in entries
        if isinstance(work, int | float) and not isinstance(work, bool) and 0 < work < 1e18
    }
