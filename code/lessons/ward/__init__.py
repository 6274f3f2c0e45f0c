"""The bug ward: small trainings that run to their end, and are ill or only look ill.

The code of each training stands on its page, where readers see and correct it: `patient_1`, then
`suspects_1` and `observe_1`, at last `cured_1`. Here stand what all of them use (`engine`), and by
number how each one's illness shows and what the observation finds (`patients`).
"""

from lessons.ward.engine import (
    Course,
    Network,
    Size,
    accuracy,
    batches,
    course,
    images,
    small,
    stored,
    trained,
    usual,
)
from lessons.ward.patients import PATIENTS, Patient

__all__ = [
    "PATIENTS",
    "Course",
    "Network",
    "Patient",
    "Size",
    "accuracy",
    "batches",
    "course",
    "images",
    "small",
    "stored",
    "trained",
    "usual",
]
