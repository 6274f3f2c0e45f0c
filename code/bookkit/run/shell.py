"""What a build loads into its kernels: a shell line of a page (``!command``) fails like any other
code, and what a cell compares is handed on.
"""

import os
import sys
from pkgutil import resolve_name
from subprocess import CalledProcessError
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import publish_display_data

from bookkit.book.mime import COST

COMPARISONS = "BOOKKIT_COMPARISONS"  # tells kernels what the setting ``comparisons`` names


def hand_on_comparisons(*result: Any) -> None:
    """Hand on what the cell that just ran compared, if it did; IPython calls this after each."""
    function = os.environ.get(COMPARISONS, "")
    if function and function.partition(":")[0] in sys.modules:
        found = resolve_name(function)()
        if found:
            publish_display_data({COST: found})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Let ``!command`` raise an error if the command does not end well, and every cell be followed
    by a look at what it compared; IPython calls this.
    """
    shell.events.register("post_run_cell", hand_on_comparisons)
    plain = shell.system

    def system(command: str) -> None:
        plain(command)
        code = shell.user_ns.get("_exit_code")
        if code:
            raise CalledProcessError(code, command)

    shell.system = system
