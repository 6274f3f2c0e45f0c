"""What is told of the machine."""

import torch
from firstcnn.machine import machine


def test_the_machine_is_described():
    assert machine()["threads"] == torch.get_num_threads()
    assert machine()["torch"] == torch.__version__
