"""What a page in a browser asks for, and whether all of it has come."""

from time import monotonic

from playwright.sync_api import Page, Request

QUIET = 300  # milliseconds in which nothing new is asked for
PATIENCE = 60  # seconds


class PageRequests:
    """The requests of a page, from now on.

    Playwright's state "networkidle" does the same, but on busy processors it sometimes never comes
    although nothing is underway: 7 times in 1,400 pages of this book.

    Attributes
    ----------
    addresses : list of str
        All that was asked for, in order.
    """

    def __init__(self, page: Page):
        self.addresses: list[str] = []
        self._page = page
        self._underway: set[Request] = set()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def wait_until_still(self) -> None:
        """Wait until all has come and nothing new is asked for.

        Raises
        ------
        TimeoutError
            If something does not come within a minute, with its address.
        """
        end, known = monotonic() + PATIENCE, -1
        while self._underway or known != len(self.addresses):
            if monotonic() > end:
                late = (
                    ", ".join(request.url for request in self._underway) or "always something new"
                )
                raise TimeoutError(f"not there after {PATIENCE} seconds: {late}")
            known = len(self.addresses)
            self._page.wait_for_timeout(QUIET)

    def _begin(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._underway.clear()  # nobody waits for what the page before asked for
        self.addresses.append(request.url)
        self._underway.add(request)

    def _end(self, request: Request) -> None:
        self._underway.discard(request)
