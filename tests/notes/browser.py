"""A page in headless Chromium, with MathJax served beside it: what went wrong, and what was seen."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.optional import required_file, required_program

ROOT = Path(__file__).resolve().parents[2]
MATHJAX = Path(os.environ.get("SYMCONV_MATHJAX", ROOT / ".cache/npm/node_modules/mathjax/es5"))
MATHJAX_2 = Path(os.environ.get("SYMCONV_MATHJAX_2", ROOT / ".cache/npm/node_modules/mathjax-2/MathJax.js"))
AXE = Path(os.environ.get("SYMCONV_AXE", ROOT / ".cache/npm/node_modules/axe-core/axe.min.js"))

#: The width of a screen, and its theme.
Screen = tuple[int, Literal["light", "dark"]]
SCREENS: Sequence[Screen] = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]

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
    strays: document.querySelectorAll("body :not(.formula) > mjx-container, body a:not(nav a)").length,
    title: document.title,
  };
}"""

#: Where the two halves of each row of a page are.
BOXES = """() => [...document.querySelectorAll(".row")].map(row => [...row.children].map(cell => {
  const box = cell.getBoundingClientRect();
  return {x: box.x, y: box.y, width: box.width, height: box.height};
}))"""

#: Red, green and blue of each pixel, without empty margins.
Picture = NDArray[np.uint8]


def cut(whole: Image.Image, box: Mapping[str, float]) -> Picture:
    """What is drawn in a box of a picture."""
    left, above = int(box["x"]) + 2, int(box["y"]) + 2
    size = (left, above, left + int(box["width"]) - 4, above + int(box["height"]) - 4)
    pixels = np.asarray(whole.crop(size))
    ink = (pixels < 160).any(axis=2)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()


#: The rules that a page breaks, each with the first element that does. Contrast is measured apart, that of
#: formulas too, which axe-core leaves out.
RUN_AXE = """async () => (await axe.run({rules: {"color-contrast": {enabled: false}}})).violations.map(
  rule => `${rule.id}: ${rule.nodes[0].html.slice(0, 200)} (${rule.nodes.length} times)`)"""

#: Letters, those of formulas too, whose contrast to the ground behind them is less than 4.5 to 1; large ones
#: less than 3 to 1.
FAINT = """() => {
  const parts = colour => (colour.match(/[0-9.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(
    v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  ).reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = parts(getComputedStyle(node).backgroundColor);
      if (found.length == 3 || found[3] > 0.5) return found;
    }
    return [255, 255, 255];
  };
  const written = node => [...node.childNodes].some(child => child.nodeType == 3 && child.data.trim());
  const faint = [];
  for (const node of document.querySelectorAll("body *")) {
    const style = getComputedStyle(node);
    const drawn = node.matches("mjx-container :is(path, use, text, rect)");
    if (!(written(node) || drawn) || !node.getClientRects().length || style.visibility == "hidden") continue;
    if (node.closest("script, style, noscript, mjx-assistive-mml")) continue;
    const ink = drawn ? style.fill : style.color;
    const [one, other] = [light(parts(ink)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)}: ${ink} ${node.outerHTML.slice(0, 120)}`);
  }
  return faint;
}"""

#: Waits for MathJax, 2.7 or 3, and tells what it could not read: errors, and commands that it shows in red.
TYPESET = """async () => {
  if (MathJax.Hub) await new Promise(done => MathJax.Hub.Queue(done));
  else await MathJax.startup.promise;
  const errors = "mjx-merror, [data-mjx-error], .MathJax_Error, .merror, .MJX-merror";
  const wrong = [...document.querySelectorAll(errors)];
  const red = MathJax.Hub ? MathJax.Hub.getAllJax().flatMap(jax => {
    const found = new DOMParser().parseFromString(jax.root.toMathML("", jax), "text/xml");
    return [...found.querySelectorAll("mtext, merror")].filter(node => node.textContent.includes("\\\\"));
  }) : [];
  const count = MathJax.Hub ? MathJax.Hub.getAllJax().length : [...MathJax.startup.document.math].length;
  const said = [...wrong, ...red].map(n => n.getAttribute("data-mjx-error") || n.textContent);
  return {wrong: said, formulas: count};
}"""

#: How wide a page is.
WIDEST = "document.documentElement.scrollWidth"

#: How many pixels a page is wider than the screen, so that all of it would have to be moved to be read.
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


@dataclass(frozen=True)
class Typeset:
    """What MathJax could not read on a page, and how many formulas it made."""

    wrong: list[str]
    formulas: int


@dataclass(frozen=True)
class Judged:
    """The rules of axe-core that a page breaks, its faint letters, and by how much it is too wide."""

    violations: list[str]
    faint: list[str]
    wider: int

    @property
    def well(self) -> bool:
        """Whether there is nothing."""
        return not self.violations and not self.faint and self.wider <= 0


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
        required_file(MATHJAX, "npm install --prefix .cache/npm mathjax@3.2.2 to look at pages in a browser")
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
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        motion: Literal["reduce", "no-preference"] = "reduce" if still else "no-preference"
        tab = self._chromium.new_page(color_scheme=scheme, reduced_motion=motion)
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

    def pictures(self, page: Path) -> list[tuple[Picture, Picture]]:
        """The formulas of a page whose rows each have one formula twice, as pixels."""
        return self._thread.submit(self._pictures, page).result()

    def _pictures(self, page: Path) -> list[tuple[Picture, Picture]]:
        tab = self._chromium.new_page(viewport={"width": 800, "height": 600})
        tab.goto(page.as_uri())
        tab.evaluate("document.fonts.ready")
        tab.set_viewport_size({"width": tab.evaluate(WIDEST), "height": 600})
        boxes = tab.evaluate(BOXES)
        whole = Image.open(BytesIO(tab.screenshot(full_page=True))).convert("RGB")
        tab.close()
        return [(cut(whole, one), cut(whole, other)) for one, other in boxes]

    def requests(self, page: Path) -> list[str]:
        """What a page asks for besides itself and what it holds."""

        def asked() -> list[str]:
            tab, found = self._chromium.new_page(), list[str]()
            tab.on("request", lambda request: found.append(request.url))
            tab.goto(page.as_uri())
            tab.close()
            return [url for url in found if url != page.as_uri() and not url.startswith("data:")]

        return self._thread.submit(asked).result()

    def counted(self, page: Path, *selectors: str) -> list[int]:
        """How many elements of a page, opened from its file, match each selector."""

        def found() -> list[int]:
            tab = self._chromium.new_page()
            tab.goto(page.as_uri())
            numbers = [tab.locator(selector).count() for selector in selectors]
            tab.close()
            return numbers

        return self._thread.submit(found).result()

    def judged(self, page: Path, screens: Sequence[Screen] = SCREENS) -> dict[Screen, Judged]:
        """What is wrong with a page on screens, each of a width, light or dark."""
        required_file(AXE, "npm install --prefix .cache/npm axe-core@4.10 to judge pages")
        return self._thread.submit(self._judged, page, screens).result()

    def _judged(self, page: Path, screens: Sequence[Screen]) -> dict[Screen, Judged]:
        context = self._chromium.new_context(
            viewport={"width": screens[0][0], "height": 900}, bypass_csp=True
        )
        script = MATHJAX / "tex-svg-full.js"  # in the place of the one that pages of Sphinx load from the web
        context.route("**/mathjax@*/**", lambda route: route.fulfill(path=script))
        tab = context.new_page()
        tab.goto(page.as_uri())
        tab.evaluate("globalThis.MathJax?.startup?.promise")
        tab.evaluate(AXE.read_text(encoding="utf-8"))
        found, violations = dict[Screen, Judged](), dict[int, list[str]]()
        for width, scheme in screens:
            tab.set_viewport_size({"width": width, "height": 900})
            tab.emulate_media(color_scheme=scheme)
            tab.evaluate("new Promise(done => setTimeout(done, 50))")
            if width not in violations:  # the rules ask for no colours
                violations[width] = tab.evaluate(RUN_AXE)
            found[width, scheme] = Judged(violations[width], tab.evaluate(FAINT), tab.evaluate(WIDER))
        context.close()
        return found

    def typeset(self, page: Path) -> Typeset:
        """A page, opened from its file, whose formulas a MathJax of its own sets."""
        for script in (MATHJAX, MATHJAX_2):
            required_file(script, "npm install --prefix .cache/npm mathjax@3.2.2 mathjax-2@npm:mathjax@2.7.9")

        def found() -> Typeset:
            tab = self._chromium.new_page()
            tab.goto(page.as_uri())
            made = Typeset(**tab.evaluate(TYPESET))
            tab.close()
            return made

        return self._thread.submit(found).result()

    def close(self) -> None:
        """End the browser and its thread."""
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def _stop(self) -> None:
        self._chromium.close()
        self._playwright.stop()
