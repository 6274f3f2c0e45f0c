"""How long a network takes to answer."""

import time

import pytest
import torch
from firstcnn import timing
from torch import nn


class Sleeper(nn.Module):
    """Takes a hundredth of a second, and notes in which mode it was called, on how many threads."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, x):
        self.calls.append((self.training, torch.is_grad_enabled(), torch.get_num_threads()))
        time.sleep(0.01)
        return x


def measured():
    """A network that has been timed, with the result."""
    model = Sleeper()
    return model, timing.milliseconds(model, torch.zeros(1, 1, 28, 28))


@pytest.fixture(scope="module")
def timed():
    return measured()


def test_the_median_is_in_milliseconds_and_no_call_is_quicker(timed):
    _, (median, spread) = timed
    assert 10 <= median < 1000 and spread >= 0


def test_a_network_is_timed_as_it_is_used(timed):
    model, _ = timed
    assert set(model.calls) == {(False, False, 1)} and model.training


def test_calls_go_on_for_half_a_second_after_the_warm_up_and_in_a_trial_for_less(
    timed, monkeypatch
):
    model, _ = timed
    assert len(model.calls) > timing.WARM_UP + 2
    monkeypatch.setenv("FIRSTCNN_PROFILE", "trial")
    shorter, _ = measured()
    assert len(shorter.calls) < len(model.calls)
