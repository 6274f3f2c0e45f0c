"""What a build loads into its kernels: a shell line of a page (``!command``) fails like any other
code, and what a cell compares is handed on.
"""

from subprocess import CalledProcessError

from IPython.core.interactiveshell import InteractiveShell

from bookkit.run.comparisons import collector


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Let ``!command`` raise an error if the command does not end well, and every cell be followed
    by a look at what it compared; IPython calls this.
    """
    shell.events.register("post_run_cell", collector())
    plain = shell.system

    def system(command: str) -> None:
        plain(command)
        code = shell.user_ns.get("_exit_code")
        if code:
            raise CalledProcessError(code, command)

    shell.system = system
