"""How long a build is going to take on this machine, as far as anybody knows."""

from collections.abc import Sequence

from rich.console import Console

from bookkit.run.cost import SITE, costs_of
from bookkit.run.outlook import Outlook, Part, in_words
from bookkit.run.plan import Plan


def expected_seconds(plans: Sequence[Plan], speed: float | None) -> dict[Part, float | None]:
    """Return how long each page that has to be executed, and each site, takes at a speed.

    Parameters
    ----------
    plans : sequence of Plan
        What is made, one after the other.
    speed : float or None
        Of this machine; None where nothing has to be executed.

    Returns
    -------
    dict of Part to float or None
        Seconds, or None for what has no record; empty if nothing has to be executed.
    """
    expected: dict[Part, float | None] = {}
    for plan in plans if speed else ():
        costs = costs_of(plan.project)
        for part in [*map(str, plan.missing), SITE]:
            work = costs.get(part)
            expected[plan.project.profile, part] = None if work is None else work / speed
    return expected


def tell_how_long(plans: Sequence[Plan], outlook: Outlook, console: Console) -> None:
    """Say about how long the build takes, and a preview that comes first."""
    if not outlook.waiting:
        return
    *preview, _ = [
        [seconds for (profile, _), seconds in outlook.waiting.items() if profile == name]
        for name in (plan.project.profile for plan in plans)
    ]
    for seconds in preview:
        console.print(f"A preview comes first. {sentence(seconds, 'It')}")
    whole = list(outlook.waiting.values())
    console.print(sentence(whole, "All of it" if preview else "This build"))


def sentence(seconds: Sequence[float | None], what: str) -> str:
    """Return a sentence on how long something takes."""
    if None in seconds:
        return f"How long {what[0].lower()}{what[1:]} takes is not known: there is no record."
    return f"{what} takes {in_words(sum(seconds))} on this machine, as far as earlier runs tell."
