"""A network as an ONNX file, which programs other than PyTorch read: the page of this book that
reads drawings does.

The file holds one input, ``image`` (N, 1, 28, 28), normalised, and one output for each layer:
``logits`` (N, K) first, then what every layer before them returns. Its metadata say what a reader
has to know, all but the first two as JSON:

- ``firstcnn.format``: "1"; ``firstcnn.title``;
- ``firstcnn.mean`` and ``firstcnn.std``, with which images from 0 to 1 are normalised;
- ``firstcnn.labels``, a list of K texts; ``firstcnn.parameters``, a number;
- ``firstcnn.layers``, a list in the order of computation. Each layer has a unique ``name``,
  PyTorch's name as ``module`` (or ""), a ``kind`` such as "Conv2d", as ``inputs`` the names of the
  layers that it reads (or "image"), as ``output`` the name of the graph's output that holds what it
  returns, and its ``shape`` without N. ``weight`` and ``bias`` name values of the graph, or are
  null. Convolutions and poolings also have ``kernel_size``, ``stride``, ``padding``, ``dilation``
  (each for height and width) and ``groups``; batch norm has ``epsilon``, ``running_mean`` and
  ``running_var``. A function such as ``F.relu`` is a layer too. What merely gives numbers another
  shape, such as flattening, is none: the logits may be such a view of what the last layer returns.

Before a file is handed out, it is run, and has to answer as the network does.
"""

from firstcnn.export.exported import ExportedNetwork
from firstcnn.export.rounding import FORMS, rounded
from firstcnn.export.writing import smallest, to_onnx

__all__ = ["FORMS", "ExportedNetwork", "rounded", "smallest", "to_onnx"]
