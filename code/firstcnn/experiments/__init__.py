"""Trained networks that are kept, and comparisons of them over seeds and images.

A network is trained once for everything it depends on, and read from then on. So a sweep that was
stopped, by hand, by a crash or by a full disk, goes on where it was when it is called again.
"""

from firstcnn.experiments.engines import SweepInterrupted
from firstcnn.experiments.statistics import differences, intervals
from firstcnn.experiments.sweeps import networks, sweep, trained

__all__ = ["SweepInterrupted", "differences", "intervals", "networks", "sweep", "trained"]
