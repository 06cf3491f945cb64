"""Notes as a Jupyter notebook whose code cells recompute what they show."""

import json
from itertools import chain
from typing import Any

from symconv.notes.markdown import escaped, points, sentence, table
from symconv.notes.model import Manuscript
from symconv.printing.targets import as_latex


def notebook(document: Manuscript) -> str:
    """The notebook as JSON, in version 4.5 of its format, without outputs."""
    shown: list[list[tuple[bool, str]]] = document.render(
        heading=lambda b: [(False, f"{'#' * (b.level + 1)} {sentence(b.words)}")],
        prose=lambda b: [(False, f"*{sentence(b.words)}*" if b.lead else sentence(b.words))],
        display=lambda b: [(True, b.code) if b.code else (False, f"$$\n{as_latex(b.item)}\n$$")],
        points=lambda b: [(False, points(b))],
        table=lambda b: [(True, b.code)] if b.code else [(False, table(b))],
        algorithm=lambda b: [(False, sentence(b.caption)), (True, b.code)],
        picture=lambda b: [(True, b.code)] * bool(b.code) + [(False, f"*{sentence(b.caption)}*")],
    )
    cells = [(False, f"# {escaped(document.title)}"), (True, document.code), *chain(*shown)]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    whole = {
        "cells": [_cell(f"cell-{at}", code, text) for at, (code, text) in enumerate(cells)],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _cell(name: str, code: bool, text: str) -> dict[str, Any]:
    """A cell of code that has not run, or of Markdown."""
    cell = {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | {"cell_type": "code", "execution_count": None, "outputs": []} if code else cell
