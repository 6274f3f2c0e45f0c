"""The exercises of the ward, page by page."""

from lessons.checks.ward import data, loss, reports, steps

EXERCISES = (*loss.EXERCISES, *steps.EXERCISES, *data.EXERCISES, *reports.EXERCISES)
