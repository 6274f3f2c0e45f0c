"""A network as an ONNX model; what PyTorch's exporter cannot do is said in words."""

import re

from torch import nn

from firstcnn.export.graph import Translation, translate
from firstcnn.export.rounding import in_one_line, stored_weights
from firstcnn.export.trials import undisturbed


def translated(network: nn.Module) -> Translation:
    """Translate a network that has passed its trials.

    Raises
    ------
    ValueError
        If PyTorch's exporter cannot do that; the message says which step of ``forward`` to change.
    """
    try:
        with undisturbed():
            return translate(network, stored_weights(network, "int8"))
    except Exception as error:
        raise ValueError(
            f"{type(network).__name__} cannot be exported. {_reason(error)}"
        ) from error


def _reason(error: BaseException) -> str:
    words = f"{type(error).__name__} {in_one_line(error, most=100_000)}"
    if "data-dependent" in words:
        return (
            "Its forward takes a decision in Python on the values of a tensor (an if or a loop),"
            " which a file cannot hold. Expected the same steps for every image. Choose with"
            " torch.where instead."
        )
    if "specialized" in words or "Constraints violated" in words:
        return (
            "A number of images is written into its forward, as in x.view(64, -1), or its steps"
            " differ with that number, as with len(x). Expected the same steps for any number."
            " Write x.flatten(1), or x.shape[0] for the number."
        )
    if "unsupported type" in words:
        return (
            f"A step computes in numbers that ONNX does not take there: {words[:300]}. Expected"
            " float32 throughout. Leave torch.autocast and .bfloat16() out of forward."
        )
    if "ShapeInferenceError" in words:
        return (
            f"ONNX finds other shapes than PyTorch: {words[:300]}. Expected operations of which"
            " both have one notion; poolings with padding and ceil_mode are none. Leave out"
            " ceil_mode."
        )
    if step := re.search(r"translating node %(\w+?)(_\d+)? ", words) or re.search(
        r"aten\.(\w+)()", words
    ):
        return (
            f"PyTorch's exporter has no translation of the step {step[1]}, as it is used there,"
            f" into ONNX. Expected steps that ONNX has, too. Do what {step[1]} does with other"
            " functions of PyTorch, or before the export."
        )
    return (
        f"PyTorch cannot follow its forward: {words.partition(' ')[2][:200]}. Expected steps that"
        " are all done by PyTorch on tensors. Leave out of forward what goes through NumPy, lists"
        " or files."
    )
