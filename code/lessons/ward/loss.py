"""Patients whose loss or last layer is ill, or looks ill."""

import math

from lessons.ward.engine import Course
from lessons.ward.patient import Patient, is_equal_but_for_rounding

TWICE = math.log(math.e + 9) - 1  # the least loss of ten classes behind a second softmax


def _stays_above_the_floor(own: Course, healthy: Course) -> bool:
    return bool((own.losses > TWICE).all()) and own.accuracy > 0.2


def _differs(own: Course, healthy: Course) -> bool:
    return not is_equal_but_for_rounding(own, healthy)


def _is_negative(own: Course, healthy: Course) -> bool:
    return bool((own.losses < 0).all())


def _has_no_score_below_0(own: Course, healthy: Course) -> bool:
    return own.lowest >= 0


PATIENTS = {
    1: Patient("ward-loss", _stays_above_the_floor, tells=lambda loss: loss > TWICE - 1e-4),
    2: Patient("ward-loss", _differs, tells=lambda gap: abs(gap) < 1e-5, is_ill=False),
    3: Patient("ward-loss", _is_negative, tells=lambda loss: -1 <= loss <= 0),
    4: Patient("ward-loss", _has_no_score_below_0, tells=lambda score: score == 0),
}
