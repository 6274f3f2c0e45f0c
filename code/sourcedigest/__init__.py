"""What a piece of code reaches, as a digest; `sourcedigest.files` writes files whole.

Nothing but the standard library is needed.
"""

from sourcedigest.sources import (
    SourceFile,
    SourceNotFound,
    Sources,
    source_digest,
    strip_docstrings,
)

__all__ = ["SourceFile", "SourceNotFound", "Sources", "source_digest", "strip_docstrings"]
