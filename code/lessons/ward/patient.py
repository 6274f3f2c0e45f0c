"""What is known of a patient of the ward."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from lessons.ward.engine import Course, Size, Train, course, trained

POINT = 0.01
ROUNDING = 0.03  # between the accuracies of trainings that differ in rounding alone
BEGIN = 10  # steps in which such trainings have the same losses


@dataclass(frozen=True)
class Patient:
    """A training, or a report on one, whose code stands on a page of the ward.

    Attributes
    ----------
    page : str
        Its page below chapter 4, such as ``ward-loss``: there it is `patient_N`.
    symptom : function
        From what came of it, and of a healthy one, to whether the illness shows.
    tells : function
        From what the page's `observe_N` returns to whether it is this patient and neither of its
        two look-alikes.
    is_ill : bool
        False for one that only looks ill.
    steps : int
        Of a training that is long enough for the symptom on any seed.
    well : function
        The healthy training with which it is compared.
    take : function
        From the code, a seed and a size to what came of it. A report gives a Course, too: its
        accuracy is the number that is reported.
    """

    page: str
    symptom: Callable[[Course, Course], bool]
    tells: Callable[[Any], bool]
    is_ill: bool = True
    steps: int = 60
    well: Train = trained
    take: Callable[[Train, int, Size | None], Course] = course

    def is_cured(self, own: Course, healthy: Course) -> bool:
        """Tell whether what came of a cure is within a point of the healthy one, or equal to it
        but for rounding, and without the symptom.
        """
        is_close = own.accuracy > healthy.accuracy - POINT
        is_close = is_close or is_equal_but_for_rounding(own, healthy)
        return is_close and not self.symptom(own, healthy)


def is_equal_but_for_rounding(own: Course, healthy: Course) -> bool:
    """Tell whether two trainings have the same losses in their first steps, and end as close as
    such trainings do: rounding grows with the steps, to two points of accuracy in sixty.
    """
    both = own.losses[:BEGIN], healthy.losses[:BEGIN]
    begins = both[0].shape == both[1].shape and torch.allclose(*both, rtol=0, atol=1e-3)
    return begins and abs(own.accuracy - healthy.accuracy) < ROUNDING
