"""A page in headless Chromium, with MathJax served beside it: what went wrong, and what was seen."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tests.optional import required_program

ROOT = Path(__file__).resolve().parents[2]
MATHJAX = Path(os.environ.get("SYMCONV_MATHJAX", ROOT / ".cache/npm/node_modules/mathjax/es5"))

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

#: Waits for MathJax and tells its errors, the formulas that it made, and the title.
READ = """async () => {
  await MathJax.startup.promise;
  const wrong = [...document.querySelectorAll("mjx-merror, [data-mjx-error]")];
  return {
    errors: wrong.map(node => node.getAttribute("data-mjx-error") || node.textContent),
    formulas: document.querySelectorAll("mjx-container").length,
    strays: document.querySelectorAll("body :not(.formula) > mjx-container, body a").length,
    title: document.title,
  };
}"""


@dataclass(frozen=True)
class Seen:
    """What a browser found on a page; strays are formulas out of their places, and links."""

    errors: list[str]
    failed: list[str]
    formulas: int
    strays: int
    title: str


class _Handler(SimpleHTTPRequestHandler):
    """The page's folder, and MathJax under /mathjax/."""

    def translate_path(self, path: str) -> str:
        if path.startswith("/mathjax/"):
            return str(MATHJAX / path.removeprefix("/mathjax/"))
        return super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: failures are counted in the browser."""


class Browser:
    """Headless Chromium, started once, in a thread of its own, where Playwright's loop disturbs no other."""

    def __init__(self, *flags: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._thread.submit(self._start, required_program("chromium"), [*FLAGS, *flags]).result()

    def _start(self, program: str, flags: list[str]) -> None:
        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(executable_path=program, args=flags)

    def opened(self, page: Path, screenshot: Path | None = None) -> Seen:
        """Open a page, wait for its mathematics, and look."""
        if not MATHJAX.exists() and not os.environ.get("CI"):
            pytest.skip("npm install --prefix .cache/npm mathjax@3.2.2 to look at pages in a browser")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(page.parent)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/{page.name}"
            return self._thread.submit(self._seen, address, screenshot).result()
        finally:
            server.shutdown()
            server.server_close()

    def evaluated(self, body: str, script: str, *, dark: bool = False, still: bool = False) -> Any:
        """What a script finds on a page of this body, in a light or a dark scheme, with or without motion."""
        return self._thread.submit(self._found, body, script, dark, still).result()

    def _found(self, body: str, script: str, dark: bool, still: bool) -> Any:
        scheme, motion = ("dark" if dark else "light"), ("reduce" if still else "no-preference")
        tab = self._chromium.new_page(color_scheme=scheme, reduced_motion=motion)  # type: ignore[arg-type]
        tab.set_content(f"<!DOCTYPE html><html style='color-scheme:{scheme}'><body>{body}</body></html>")
        found = tab.evaluate(script)
        tab.close()
        return found

    def _seen(self, address: str, screenshot: Path | None) -> Seen:
        tab = self._chromium.new_page(viewport={"width": 900, "height": 1200})
        failed: list[str] = []
        tab.on("requestfailed", lambda request: failed.append(request.url))
        tab.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        broken: list[str] = []
        tab.on("pageerror", lambda error: broken.append(str(error)))
        tab.on("dialog", lambda dialog: (broken.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        tab.goto(address)
        found = tab.evaluate(READ)
        if screenshot is not None:
            tab.screenshot(path=screenshot, full_page=True)
        tab.close()
        return Seen(broken + found.pop("errors"), failed, **found)

    def close(self) -> None:
        """End the browser and its thread."""
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def _stop(self) -> None:
        self._chromium.close()
        self._playwright.stop()
