"""Keep executed pages under the digest of everything that they came from."""

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from bookkit.system.files import digest_of, write_if_changed

NOTED = {
    "digest",
    "executed",
    "seconds",
    "cells",
    "inputs",
    "seal",
}  # in the metadata of an executed page


class ExecutedPages:
    """The executed notebooks of one profile, a file a page.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def _file(self, page: Path) -> Path:
        return self.folder / page.with_suffix(".ipynb")

    def find(self, page: Path, digest: str) -> NotebookNode | None:
        """Return the kept notebook of a page if it was made from exactly this digest and is as it
        was kept.
        """
        try:
            text = self._file(page).read_bytes().decode()
            kept = json.loads(text)
            noted = kept["metadata"]["bookkit"]
            sound = (
                set(noted) >= NOTED and noted["digest"] == digest and noted["seal"] == seal(kept)
            )
        except (
            FileNotFoundError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
        ):
            return None
        return nbformat.reads(text, as_version=4) if sound else None

    def keep(self, page: Path, notebook: NotebookNode) -> NotebookNode:
        """Keep an executed notebook, which gets a seal: a digest of all that it holds. Return what
        later calls find.
        """
        notebook.metadata.bookkit.seal = seal(json.loads(nbformat.writes(notebook)))
        text = nbformat.writes(notebook)
        write_if_changed(self._file(page), text)
        return nbformat.reads(text, as_version=4)


def seal(kept: dict[str, Any]) -> str:
    """Return a digest of all that the file of an executed notebook holds, but the seal itself."""
    noted = {name: value for name, value in kept["metadata"]["bookkit"].items() if name != "seal"}
    unsealed = {**kept, "metadata": {**kept["metadata"], "bookkit": noted}}
    return digest_of(json.dumps(unsealed, sort_keys=True).encode())
