"""A real browser for tests: it opens files of this disk, and nothing else.

Chromium runs headless. Every request that is not for a file, data or a blob is refused and noted;
after each test a refused request, a console error or an exception of a page fails it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

DESKTOP = (1280, 800)
"""Width and height of a window (px)."""
PHONE = (390, 844)
"""Those of a telephone held upright (px)."""
HERE = ("file:", "data:", "blob:")
"""What a page may ask for."""
PATIENCE_MS = 10_000
"""How long an element may take to appear."""


def chromium() -> str | None:
    """Find the browser: the one that LANDCOVER_CHROMIUM names, or chromium on the path."""
    return os.environ.get("LANDCOVER_CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="module")
def started() -> Iterator[Callable[[], Browser]]:
    """Return a function that starts the browser once, when a test first needs it.

    It ends with its module: its event loop would be in the way of other tests.
    """
    running: list[Any] = []

    def start() -> Browser:
        from playwright.sync_api import sync_playwright

        if not running:
            running.append(sync_playwright().start())
            # root, as in a container, gets no sandbox
            options = ["--no-sandbox", "--disable-dev-shm-usage"]
            running.append(running[0].chromium.launch(executable_path=chromium(), args=options))
        return running[1]

    yield start
    if running:
        running[1].close()
        running[0].stop()


@pytest.fixture
def browser(started: Callable[[], Browser], service: Callable[[bool, str], None]) -> Browser:
    """Return the running browser; skip where there is none, but fail in CI."""
    service(chromium() is not None, "Chromium is not installed: apt-get install chromium")
    return started()


class Watch:
    """Notes what a page does that it should not."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        context.route("**/*", self.refuse)
        context.on("console", lambda said: self.heard(said.type, said.text))
        context.on("weberror", lambda error: self.wrong.append(f"exception: {error.error}"))

    def refuse(self, route: Route) -> None:
        """Let files, data and blobs pass; refuse and note all else."""
        if route.request.url.startswith(HERE):
            route.continue_()
            return
        self.wrong.append(f"request: {route.request.url[:200]}")
        route.abort()

    def heard(self, kind: str, text: str) -> None:
        """Note an error or a warning that a page wrote to its console."""
        if kind in ("error", "warning"):
            self.wrong.append(f"console {kind}: {text}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch the pages of a test, and fail it afterwards if one did what it should not."""
    watching = Watch()
    yield watching
    assert watching.wrong == []


@pytest.fixture
def page_of(browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Return ``page_of(path, size=DESKTOP, script=True, phone=False)``: an opened page.

    `size` is (width, height) in px; without `script` the page gets no JavaScript; a `phone` has
    a touch screen. Nothing need move: reduced motion is asked for. Further keywords go to the
    browser's context.
    """
    opened: list[BrowserContext] = []

    def open_page(
        path: Path,
        size: tuple[int, int] = DESKTOP,
        script: bool = True,
        phone: bool = False,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            has_touch=phone,
            is_mobile=phone,
            **{"reduced_motion": "reduce", **options},
        )
        opened.append(context)
        watch.over(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(path.resolve().as_uri())
        return page

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def worked() -> Callable[[Page], float]:
    """Return ``worked(page)``: seconds that the page's process has worked, on whatever cores.

    Time on a clock is no measure of a page where others use the machine, too.
    """

    def seconds(page: Page) -> float:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        told = session.send("Performance.getMetrics")["metrics"]
        return float({one["name"]: one["value"] for one in told}["ProcessTime"])

    return seconds


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser; it is slow, all of it together."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
