"""How much of everything a run of the book uses: all of it, or a preview's worth."""

import os
from dataclasses import dataclass

VARIABLE = "FIRSTCNN_PROFILE"


@dataclass(frozen=True)
class Profile:
    """The size of a run.

    Attributes
    ----------
    name : str
        The name under which a run asks for it.
    train, validation, test : int or None
        Number of images of each set; None means all of them.
    epochs : int
        Passes over the training images when the book trains its networks.
    batch_size : int
        Images a training step; fewer in a preview, whose single pass would else have hardly any
        steps.
    timing_seconds : float
        How long a network is called at least when its speed is measured.
    """

    name: str
    train: int | None
    validation: int | None
    test: int | None
    epochs: int
    batch_size: int
    timing_seconds: float = 0.5


FULL = Profile("full", train=None, validation=None, test=None, epochs=3, batch_size=256)
QUICK = Profile("quick", train=2000, validation=1000, test=1000, epochs=1, batch_size=32)
TRIAL = Profile(
    "trial", train=680, validation=300, test=300, epochs=1, batch_size=16, timing_seconds=0.02
)


def current() -> Profile:
    """Return the profile that the environment variable FIRSTCNN_PROFILE names; ``full`` if it is
    not set.

    Raises
    ------
    ValueError
        If the variable names no profile.
    """
    known = {profile.name: profile for profile in (FULL, QUICK, TRIAL)}
    name = os.environ.get(VARIABLE) or FULL.name
    if name not in known:
        raise ValueError(
            f"{VARIABLE} is {name!r}, but only {' and '.join(known)} exist: set one of them."
        )
    return known[name]
