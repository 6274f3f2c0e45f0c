"""The number format in which a forward pass computes on a device."""

from contextlib import AbstractContextManager, nullcontext

import torch

from firstcnn.device import CPU

PRECISIONS = ("auto", "float32", "bfloat16")


def bfloat16_is_fast(device: torch.device = CPU) -> bool:
    """Tell whether a device multiplies bfloat16 in hardware: a processor with AVX512_BF16 or AMX, a
    CUDA GPU from compute capability 8.0 on. Of other GPUs it is not known.

    A processor that PyTorch was told to treat as a plainer one (``ATEN_CPU_CAPABILITY=avx2``)
    counts as the plainer one.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


def precision_here(precision: str, device: torch.device = CPU) -> str:
    """Return "float32" or "bfloat16": what a recipe's ``precision`` means on a device."""
    if precision == "auto":
        return "bfloat16" if bfloat16_is_fast(device) else "float32"
    return precision


def forward_precision(precision: str, device: torch.device = CPU) -> AbstractContextManager:
    """Return a context in which forward passes compute as a recipe's ``precision`` says."""
    if precision_here(precision, device) == "float32":
        return nullcontext()
    # Without cache_enabled=False, autocast would keep its bfloat16 copy of the weights for the
    # whole epoch.
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)


def full_precision(device: torch.device = CPU) -> AbstractContextManager:
    """Return a context in which a device computes in the number format of the tensors, whatever is
    around it.
    """
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)
