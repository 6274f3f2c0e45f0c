"""A browser window of its own, which keeps what its page asked for and complained of, for the
tests.
"""

from page_requests import PageRequests


class BrowserWindow:
    """A page in a window of its own, with nothing kept from other windows.

    Parameters
    ----------
    chromium : playwright.sync_api.Browser
    width : int
        Of the window.
    shared : playwright.sync_api.BrowserContext, optional
        Of a reader who has been here already: what was fetched is not fetched and compiled again.
    **options
        Of the window, if it is not shared.

    Attributes
    ----------
    page : Page
        Playwright's.
    faults : list of str
        Errors and warnings of its console.
    requests : list of str
        Every address that it asked for.
    traffic : PageRequests
        Waits until all that it asked for has come.
    """

    def __init__(self, chromium, width: int = 1300, shared=None, **options):
        self.shared = shared
        options = {"viewport": {"width": width, "height": 900}} | options
        self.context = shared or chromium.new_context(**options)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.traffic = PageRequests(self.page)
        self.requests = self.traffic.addresses
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)

    def close_window(self) -> None:
        """Close the page, and all that was kept unless it is shared."""
        (self.page if self.shared else self.context).close()

    def _note(self, message) -> None:
        blocked = "Service Worker registration blocked" in message.text  # by this window itself
        if message.type in ("error", "warning") and not blocked:
            self.faults.append(f"{message.type}: {message.text} ({message.location.get('url')})")
