"""What is known of a patient whose training is healthy, and whose report says a wrong number."""

from dataclasses import dataclass

from lessons.ward.engine import Course
from lessons.ward.patient import POINT, Patient


@dataclass(frozen=True, eq=False, kw_only=True)
class Reported(Course):
    """What came of a training, and what its owner says of it.

    Attributes
    ----------
    truth : float
        What a right report says; `accuracy` is what this one says.
    """

    truth: float


class Report(Patient):
    """A patient that is cured when it reports, within a point, what is so."""

    def is_cured(self, own: Reported, healthy: Course) -> bool:
        """Tell whether the number is right, and the symptom is gone."""
        return abs(own.accuracy - own.truth) < POINT and not self.symptom(own, healthy)
