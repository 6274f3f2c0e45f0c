"""The patients of the ward, by number: how the illness of each shows, and what tells it apart."""

from lessons.ward import data, loss, reports, steps
from lessons.ward.patient import Patient

PATIENTS: dict[int, Patient] = {
    **loss.PATIENTS,
    **steps.PATIENTS,
    **data.PATIENTS,
    **reports.PATIENTS,
}
