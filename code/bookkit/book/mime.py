"""The kinds of outputs that are data rather than something to look at.

``RECORD`` holds a record, for the build; no page shows it. Neither does any show ``FILE``, a file
that a cell made for the site: ``{"name": …, "content": in base 64}``. ``VERDICT`` holds what
`check` says to an answer, ``{"exercise": id, "verdict": "right", "wrong" or "open", "text": …}``,
for the build and for pages that run. ``COST`` holds what comparisons a cell asked for, as a list;
no page shows it either. The environment variable ``DELIVERS`` tells cells that a build takes their
files, which the site then has in the folder ``FILES``.
"""

RECORD = "application/vnd.bookkit.record+json"
GLUED = "application/papermill.record/"  # MyST-NB's prefix of what is kept and not displayed
FILE = "application/vnd.bookkit.file+json"
COST = "application/vnd.bookkit.cost+json"
VERDICT = "application/vnd.exercise-verdict+json"
DELIVERS = "BOOKKIT_DELIVERS"
FILES = "files"  # folder of the site
