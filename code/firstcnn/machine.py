"""The machine on which results come about."""

import platform
from typing import Any

import torch


def machine() -> dict[str, Any]:
    """Return what, besides source and data, the bits of a result depend on.

    Returns
    -------
    dict
        Versions of Python and PyTorch, the processor's instruction sets that PyTorch uses, number
        of threads.
    """
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
