"""A network as a graph of the ONNX standard that puts out what every layer returns."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from firstcnn.export.graph_layers import IMAGE, LOGITS, Layer, Step, find_layers

if TYPE_CHECKING:
    import onnx
    from onnxscript import ir

BATCH = "batch"

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


@dataclass(frozen=True)
class Translation:
    """A network as an ONNX model whose outputs are the logits and what every layer returns.

    Attributes
    ----------
    graph : ModelProto
        All weights inside; no trace of the files that the network was defined in.
    layers : list of dict
        In the order of computation; see `firstcnn.export`.
    program : ExportedProgram
        The steps that PyTorch has followed.
    origins : list of str
        For each layer the name of its tensor in the program.
    """

    graph: onnx.ModelProto
    layers: list[dict[str, Any]]
    program: torch.export.ExportedProgram
    origins: list[str]

    def activations(self, model: nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
        """Return what PyTorch computes for every layer, in their order; ``model`` has the
        weights.
        """
        recorder = _Recorder(self.program, self.origins)
        with torch.no_grad():
            recorder.run(*_inputs(self.program, model, images))
        return [recorder.found[name] for name in self.origins]


class _Recorder(torch.fx.Interpreter):
    """Run a program and keep some of its tensors."""

    def __init__(self, program: torch.export.ExportedProgram, names: list[str]):
        super().__init__(program.graph_module)
        self.names, self.found = set(names), {}

    def run_node(self, n: torch.fx.Node) -> Any:
        value = super().run_node(n)
        if n.name in self.names:
            self.found[n.name] = value.clone()
        return value


def _inputs(
    program: torch.export.ExportedProgram, model: nn.Module, images: torch.Tensor
) -> list[Any]:
    """Return the arguments of a program: weights, other tensors that it holds, and images."""
    held = {**program.state_dict, **program.constants, **dict(model.state_dict())}
    specs = program.graph_signature.input_specs
    return [
        (
            images
            if spec.kind == torch.export.graph_signature.InputKind.USER_INPUT
            else held[spec.target]
        )
        for spec in specs
    ]


def translate(model: nn.Module, keep: Iterable[str]) -> Translation:
    """Translate a network.

    Parameters
    ----------
    model : Module
        On the CPU, in float32 and evaluation mode, from images (N, 1, 28, 28) to logits (N, K).
    keep : iterable of str
        Parameters that nothing may be computed from in advance, so that they stand in the graph
        under their names.
    """
    from onnxscript import ir

    with silence(), torch.no_grad():
        program = _program(model)
        _fold(program.model, set(keep))
        graph = program.model.graph
        steps = list(_steps(program, model))
        _with_fixed_shapes(graph, steps)
        _drop_zero_biases(graph, set(model.state_dict()))
        _rename_values(graph, set(model.state_dict()))
        layers = find_layers(graph, steps, model)
        _set_outputs(graph, layers)
        _clean(program.model)
        origins = [layer.step.origin for layer in layers]
        described = [layer.description for layer in layers]
        return Translation(
            _checked(ir.to_proto(program.model)), described, program.exported_program, origins
        )


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep back what a network prints at each run, and all words of PyTorch's exporter."""
    level = logging.root.manager.disable
    output = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(level)


def _program(model: nn.Module) -> torch.onnx.ONNXProgram:
    """Follow what the network does to images, of which there may be any number. No two steps are
    merged into one.
    """
    images, shapes = torch.zeros(2, 1, 28, 28), torch.export.ShapesCollection()
    shapes[images] = {0: torch.export.Dim(BATCH)}
    exported = torch.export.export(model, (images,), dynamic_shapes=shapes, strict=False)
    return torch.onnx.export(
        exported, dynamo=True, optimize=False, verbose=False, input_names=[IMAGE]
    )


def _fold(model: ir.Model, keep: set[str]) -> None:
    """Compute in advance what depends on no image and on no parameter to keep."""
    from onnxscript import ir, optimizer

    optimizer.fold_constants(
        model,
        output_size_limit=2**31,
        should_fold=lambda node: (
            not any(value is not None and value.name in keep for value in node.inputs)
        ),
    )
    ir.passes.common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(model)


# What PyTorch computed, step by step


def _steps(program: torch.onnx.ONNXProgram, model: nn.Module) -> Iterator[Step]:
    """List all tensors with a row of float32 numbers for each image, in the order of
    computation.
    """
    values = {value.name: value for node in program.model.graph for value in node.outputs}
    nodes = program.exported_program.graph.nodes
    batch = [node for node in nodes if node.op == "placeholder"][-1].meta["val"].shape[0]
    for node in nodes:
        tensor = node.meta.get("val")
        if node.name in values and isinstance(tensor, torch.Tensor) and _has_rows(tensor, batch):
            yield Step(values[node.name], tuple(tensor.shape[1:]), *_origin(node, model), node.name)


def _has_rows(tensor: torch.Tensor, batch: torch.SymInt) -> bool:
    rows, *shape = tensor.shape or (None,)
    fixed = bool(shape) and all(isinstance(size, int) for size in shape)
    return fixed and tensor.dtype == torch.float32 and str(rows) == str(batch)


def _origin(node: torch.fx.Node, model: nn.Module) -> tuple[str, str, str, str]:
    """Return operation, call, layer and inner layer of a step."""
    source = node.args[0] if node.target.__name__ == "getitem" else node  # one of several results
    operation = source.target.__name__.partition(".")[0].strip("_")
    stack = [(call, name) for call, (name, _) in source.meta.get("nn_module_stack", {}).items()]
    units = [(call, name) for call, name in stack if name and _is_unit(model, name)]
    call, layer = units[0] if units else (node.name, "")
    return operation, call, layer, stack[-1][1] if units and stack[-1] == units[-1] else ""


def _is_unit(model: nn.Module, name: str) -> bool:
    """Whether a layer is one of PyTorch's, or has no layers inside it."""
    try:
        layer = model.get_submodule(name)
    except AttributeError:
        return False
    if isinstance(layer, _CONTAINERS):
        return False
    bases = [base for base in type(layer).__mro__ if base is not nn.Module]
    return not list(layer.children()) or any(
        base.__module__.startswith("torch.nn.modules.") for base in bases
    )


# The finished graph


def _with_fixed_shapes(graph: ir.Graph, steps: list[Step]) -> None:
    """Let every view say its shape in numbers, with -1 for the images, in place of computing it."""
    for step in steps:
        if step.node.op_type == "Reshape":
            step.node.replace_input_with(
                1, _initializer(graph, f"{step.value.name}_shape", [-1, *step.shape])
            )


def _initializer(graph: ir.Graph, name: str, numbers: list[int]) -> ir.Value:
    from onnxscript import ir

    value = ir.Value(name=name, const_value=ir.tensor(np.array(numbers, dtype=np.int64), name=name))
    graph.register_initializer(value)
    return value


def _drop_zero_biases(graph: ir.Graph, parameters: set[str]) -> None:
    """Remove the zeros that the exporter adds to a convolution without bias."""
    for node in graph:
        bias = node.inputs[2] if node.op_type == "Conv" and len(node.inputs) == 3 else None
        added = bias is not None and bias.is_initializer() and bias.name not in parameters
        if added and not bias.const_value.numpy().any():
            node.resize_inputs(2)


def _rename_values(graph: ir.Graph, parameters: set[str]) -> None:
    """Take away the exporter's names, which may be those of layers."""
    values = [value for node in graph for value in node.outputs]
    values += [value for name, value in graph.initializers.items() if name not in parameters]
    for number, value in enumerate(values):
        value.name = f"value {number}"


def _set_outputs(graph: ir.Graph, layers: list[Layer]) -> None:
    """Give the graph one output for each layer, the logits first; what comes last may be a view of
    the last layer.
    """
    from onnxscript import ir

    logits, inner = graph.outputs[0], layers[:-1]
    described = [(logits, LOGITS, logits.shape[1:])]
    described += [
        (layer.step.value, layer.description["output"], layer.step.shape) for layer in inner
    ]
    for value, name, shape in described:
        value.name, value.shape = name, ir.Shape([BATCH, *shape])
        value.type = ir.TensorType(ir.DataType.FLOAT)
    graph.inputs[0].shape = ir.Shape([BATCH, 1, 28, 28])
    graph.outputs[:] = [value for value, _, _ in described]


def _clean(model: ir.Model) -> None:
    """Leave out what nothing needs, and every word on where the network was defined."""
    from onnxscript import ir, optimizer

    optimizer.remove_unused_nodes(model)
    graph = model.graph
    values = [
        *graph.inputs,
        *graph.initializers.values(),
        *(value for node in graph for value in node.outputs),
    ]
    for part in (model, graph, *graph, *values):
        part.metadata_props.clear()
        part.doc_string = None
    for number, node in enumerate(graph):
        node.name = f"{node.op_type}{number}"
    ir.passes.common.NameFixPass()(model)


def _checked(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Let ONNX say whether it finds the shapes that PyTorch found; keep those of inputs and outputs
    only.
    """
    from onnx import checker

    checker.check_model(graph, full_check=True)
    del graph.graph.value_info[:]
    return graph
