"""Let a shell line of a page (``!command``) fail like any other code; a build loads this into its
kernels.
"""

from subprocess import CalledProcessError

from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Let ``!command`` raise an error if the command does not end well; IPython calls this."""
    plain = shell.system

    def system(command: str) -> None:
        plain(command)
        code = shell.user_ns.get("_exit_code")
        if code:
            raise CalledProcessError(code, command)

    shell.system = system
