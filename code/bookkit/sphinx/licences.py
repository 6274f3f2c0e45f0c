"""The licences of what a site brings along, from the files of the installed packages."""

import re
from importlib import metadata

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

NAME = re.compile(r"(licen[cs]e|copying)[^/]*", re.IGNORECASE)


def licence_of(package: str) -> str:
    """Return the text of the licences that an installed Python package carries.

    Raises
    ------
    LookupError
        If it carries none.
    ImportError
        If it is not installed.
    """
    files = metadata.distribution(package).files or []
    texts = [
        file.read_text(encoding="utf-8").strip() for file in files if NAME.fullmatch(file.name)
    ]
    if not texts:
        raise LookupError(f"The package {package} has no file with its licence.")
    return "\n\n".join(dict.fromkeys(texts))


class LicencesOfDirective(SphinxDirective):
    """``{licences-of} package …``: a fold for each Python package, with its version and its
    licence.
    """

    required_arguments = 1
    optional_arguments = 100

    def run(self) -> list[nodes.Node]:
        """Return the folds; the page is read at each build, since versions change without it."""
        self.env.note_reread()
        place = nodes.container()
        for package in self.arguments:
            try:
                title = f"{package} {metadata.version(package)}"
                text = licence_of(package)
            except (ImportError, LookupError) as error:
                raise self.error(f"No licence of {package}: {error}") from error
            lines = [
                f"::::{{dropdown}} {title}",
                "``````{code-block} text",
                *text.splitlines(),
                "``````",
                "::::",
            ]
            self.state.nested_parse(StringList(lines, package), self.content_offset, place)
        return place.children


def connect(app: Sphinx) -> None:
    """Make the directive known to Sphinx."""
    app.add_directive("licences-of", LicencesOfDirective)
