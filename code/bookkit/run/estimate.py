"""How long a build is going to take on this machine, as far as anybody knows."""

from collections.abc import Mapping, Sequence

from rich.console import Console

from bookkit.run.outlook import Outlook, Part, in_words


def expected_seconds(
    work: Mapping[Part, float | None], speed: float | None
) -> dict[Part, float | None]:
    """Return how long the parts of a build take at a speed.

    Parameters
    ----------
    work : mapping of Part to float or None
        Of each page that has to be executed, and of each site; None for what has no record.
    speed : float or None
        Of this machine; None where nothing has to be executed.

    Returns
    -------
    dict of Part to float or None
        Seconds, or None for what has no record; empty if nothing has to be executed.
    """
    if not speed:
        return {}
    return {part: None if each is None else each / speed for part, each in work.items()}


def tell_how_long(profiles: Sequence[str], outlook: Outlook, console: Console) -> None:
    """Say about how long the build of these profiles takes, and a preview that comes first."""
    if not outlook.waiting:
        return
    *preview, _ = [
        [seconds for (profile, _), seconds in outlook.waiting.items() if profile == name]
        for name in profiles
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
