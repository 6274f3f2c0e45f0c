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


_NO_TRANSLATION = (
    "PyTorch's exporter has no translation of the step {step}, as it is used there, into ONNX."
    " Expected steps that ONNX has, too. Do what {step} does with other functions of PyTorch, or"
    " before the export."
)
_ADVICE = (  # by what PyTorch's exporter says; the first that is found counts
    (
        r"data-dependent",
        "Its forward takes a decision in Python on the values of a tensor (an if or a loop), which"
        " a file cannot hold. Expected the same steps for every image. Choose with torch.where"
        " instead.",
    ),
    (
        r"specialized|Constraints violated",
        "A number of images is written into its forward, as in x.view(64, -1), or its steps differ"
        " with that number, as with len(x). Expected the same steps for any number. Write"
        " x.flatten(1), or x.shape[0] for the number.",
    ),
    (
        r"unsupported type",
        "A step computes in numbers that ONNX does not take there: {said:.300}. Expected float32"
        " throughout. Leave torch.autocast and .bfloat16() out of forward.",
    ),
    (
        r"ShapeInferenceError",
        "ONNX finds other shapes than PyTorch: {said:.300}. Expected operations of which both have"
        " one notion; poolings with padding and ceil_mode are none. Leave out ceil_mode.",
    ),
    (r"translating node %(?P<step>\w+?)(_\d+)? ", _NO_TRANSLATION),
    (r"aten\.(?P<step>\w+)", _NO_TRANSLATION),
)


def _reason(error: BaseException) -> str:
    said = f"{type(error).__name__} {in_one_line(error, most=100_000)}"
    for pattern, advice in _ADVICE:
        if found := re.search(pattern, said):
            return advice.format(said=said, **found.groupdict())
    return (
        f"PyTorch cannot follow its forward: {said.partition(' ')[2][:200]}. Expected steps that"
        " are all done by PyTorch on tensors. Leave out of forward what goes through NumPy, lists"
        " or files."
    )
