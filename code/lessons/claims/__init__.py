"""What the book's sentences claim, and whether results bear them out: a checker for each claim, by
its id.

A checker is a pure function from measured values to True or False. It says what the *sentence*
says, so that it holds on another machine and with other seeds as long as the sentence does. The
values are plain: numbers, strings, truth values, lists and dictionaries of these.

What holds for all values:

- Accuracies, shares and differences of them are fractions of 1: half a percentage point is 0.005.
- ``low`` and ``high`` are the ends of a 95 % interval, over seeds and images unless said otherwise.
- A *verdict* on a difference is ``"higher"`` if its interval lies above 0, ``"lower"`` if it lies
  below 0, and ``"not shown different"`` if it holds 0. Where a sentence is computed from a verdict,
  ``says`` is the verdict that the sentence states.
- A *difference* is a dictionary with ``difference``, ``low``, ``high`` and ``verdict``, a row of
  `experiments.differences`. A *reading* is one with ``accuracy``, ``low``, ``high``, ``seeds`` and
  ``images``, a row of `experiments.intervals`. Other entries may stand beside these.
"""

from lessons.claims import evaluation, images, networks, training
from lessons.claims.registry import CLAIMS, claim, verdict

__all__ = ["CLAIMS", "claim", "evaluation", "images", "networks", "training", "verdict"]
