"""Patients whose steps are ill."""

from functools import partial

from lessons.ward.engine import Course, trained
from lessons.ward.patient import Patient


def _stands_still(own: Course, healthy: Course) -> bool:
    return abs(own.end - own.losses[:20].mean().item()) < 0.05


def _ends_above_its_beginning(own: Course, healthy: Course) -> bool:
    return own.end > own.losses[0].item() + 0.2


def _freezes(own: Course, healthy: Course) -> bool:
    return healthy.end + 0.4 < own.end < own.losses[0].item()


PATIENTS = {
    5: Patient("ward-steps", _stands_still, tells=lambda moved: moved > 1e-5),
    6: Patient("ward-steps", _stands_still, tells=lambda is_the_same: is_the_same is False),
    7: Patient("ward-steps", _ends_above_its_beginning, tells=lambda times: times > 9),
    8: Patient(
        "ward-steps",
        _freezes,
        tells=lambda share: share < 0.1,
        well=partial(trained, gamma=0.9),
    ),
}
