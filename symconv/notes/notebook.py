"""Notes as a Jupyter notebook whose code cells recompute what they show."""

from itertools import chain

from symconv.errors import MissingExtraError
from symconv.notes.markdown import escaped, points, sentence, table
from symconv.notes.model import Manuscript
from symconv.printing.targets import as_latex


def notebook(document: Manuscript) -> str:
    """The notebook as JSON, without outputs.

    Raises
    ------
    MissingExtraError
        When nbformat, of the extra ``notebook``, is not installed.
    """
    try:
        import nbformat
        from nbformat import v4
    except ImportError:
        raise MissingExtraError(
            "a notebook needs nbformat, which is not installed: pip install 'symconv[notebook]'"
        ) from None
    shown: list[list[tuple[bool, str]]] = document.render(
        heading=lambda b: [(False, f"{'#' * (b.level + 1)} {sentence(b.words)}")],
        prose=lambda b: [(False, f"*{sentence(b.words)}*" if b.lead else sentence(b.words))],
        display=lambda b: [(True, b.code) if b.code else (False, f"$$\n{as_latex(b.item)}\n$$")],
        points=lambda b: [(False, points(b))],
        table=lambda b: [(True, b.code)] if b.code else [(False, table(b))],
        algorithm=lambda b: [(False, sentence(b.caption)), (True, b.code)],
        picture=lambda b: [(True, b.code), (False, f"*{sentence(b.caption)}*")],
    )
    cells = [(False, f"# {escaped(document.title)}"), (True, document.code), *chain(*shown)]
    made = []
    for at, (code, text) in enumerate(cells):
        cell = (v4.new_code_cell if code else v4.new_markdown_cell)(text)
        cell["id"] = f"cell-{at}"
        made.append(cell)
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    whole = v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
    nbformat.validate(whole)
    return str(nbformat.writes(whole)) + "\n"
