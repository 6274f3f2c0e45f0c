"""The number format in which a forward pass computes on this processor."""

from contextlib import AbstractContextManager, nullcontext

import torch

PRECISIONS = ("auto", "float32", "bfloat16")


def bfloat16_is_fast() -> bool:
    """Tell whether this processor multiplies bfloat16 in hardware (AVX512_BF16 or AMX)."""
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


def precision_here(precision: str) -> str:
    """Return "float32" or "bfloat16": what a recipe's ``precision`` means on this processor."""
    if precision == "auto":
        return "bfloat16" if bfloat16_is_fast() else "float32"
    return precision


def forward_precision(precision: str) -> AbstractContextManager:
    """Return a context in which forward passes compute as a recipe's ``precision`` says."""
    if precision_here(precision) == "float32":
        return nullcontext()
    # Without cache_enabled=False, autocast would keep its bfloat16 copy of the weights for the
    # whole epoch.
    return torch.autocast("cpu", torch.bfloat16, cache_enabled=False)
