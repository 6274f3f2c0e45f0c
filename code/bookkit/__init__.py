"""What turns chapters into a site."""

import sys

if (
    "ipykernel" not in sys.modules
):  # jsonschema would prepare to read IRIs for two seconds, and there are none
    sys.modules.setdefault("rfc3987_syntax", None)
