// What the theme leaves out for keyboards and screen readers: names of its landmarks, and boxes that scroll.
"use strict";

function named(selector, given) {
  for (const node of document.querySelectorAll(selector)) {
    for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
  }
}

// A box that is wider than the screen can be reached and scrolled by keys; the others are passed over.
function reachable() {
  let count = 0;
  for (const box of document.querySelectorAll("div.math, .highlight pre, .table-wrapper")) {
    const kind = box.matches("pre") ? "Program" : box.matches("div.math") ? "Formula" : "Table";
    if (box.scrollWidth > box.clientWidth) {
      count += 1;
      box.setAttribute("tabindex", "0");
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", `${kind} ${count}, scrolls sideways`);
    } else if (box.hasAttribute("tabindex")) {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  }
}

addEventListener("DOMContentLoaded", () => {
  named(".sidebar-tree p.caption", { "aria-level": "2" });
  named("aside.sidebar-drawer", { "aria-label": "Site" });
  named("aside.toc-drawer", { "aria-label": "On this page" });
  named(".content-icon-container", { role: "region", "aria-label": "Page tools" });
  reachable();
});
addEventListener("load", () => (globalThis.MathJax?.startup?.promise ?? Promise.resolve()).then(reachable));
addEventListener("resize", reachable);
