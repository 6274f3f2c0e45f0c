"""What a piece of code reaches, as a digest. Nothing but the standard library is needed."""

from sourcedigest.sources import (
    SourceFile,
    SourceNotFound,
    Sources,
    source_digest,
    strip_docstrings,
)

__all__ = ["SourceFile", "SourceNotFound", "Sources", "source_digest", "strip_docstrings"]
