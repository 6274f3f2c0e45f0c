"""An exported network, as a notebook shows it: a table of layers and a link that saves the file."""

import base64
import html
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ExportedNetwork:
    """What `to_onnx` wrote. As the last line of a notebook cell it shows the layers and a link that
    saves the file.

    Attributes
    ----------
    path : Path
        Where the file is.
    layers : list of dict
        In the order of computation, with ``name``, ``kind``, ``shape`` and more.
    content : bytes
        What stands in the file.
    """

    path: Path
    layers: list[dict[str, Any]]
    content: bytes = field(repr=False)

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return len(self.content)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self._in_words(), "text/html": self._as_table() + self._link()}

    def _in_words(self) -> str:
        return (
            f"{self.path.name}: {size_of(self.bytes)}, {len(self.layers)} layers, in"
            f" {self.path.parent}"
        )

    def _as_table(self) -> str:
        rows = "".join(_row(layer) for layer in self.layers)
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("Layer", "Kind", "Returns"))
        body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        return f"<table><caption>Layers of the network</caption>{body}</table>"

    def _link(self) -> str:
        name, content = html.escape(self.path.name), base64.b64encode(self.content).decode()
        address = f"data:application/octet-stream;base64,{content}"
        words = f"Download {name} ({size_of(self.bytes)})"
        return f'<p><a class="exported-network" download="{name}" href="{address}">{words}</a></p>'


def _row(layer: dict[str, Any]) -> str:
    name, kind = html.escape(layer["name"]), html.escape(layer["kind"])
    shape = " × ".join(map(str, layer["shape"]))
    return f'<tr><th scope="row">{name}</th><td>{kind}</td><td>{shape}</td></tr>'


def size_of(count: int) -> str:
    """Return a number of bytes in kB or MB."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.0f} kB"
