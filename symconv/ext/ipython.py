"""The ``%symconv`` magic of IPython: the command line in a notebook, derivations shown as mathematics."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from IPython.core.magic import no_var_expand
from IPython.display import display

from symconv.cli.commands import run
from symconv.cli.typeset import typeset

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from symconv.printing.targets import Displayed


def symconv(line: str, cell: str | None = None) -> None:
    """Run the ``symconv`` command with the options on this line and in the lines of the cell.

    A derivation is shown as mathematics, on a terminal as text; with ``--format`` it is printed in that
    format. Python does not evaluate the options: ``{`` and ``$`` stand for themselves.

    Examples
    --------
    In a notebook, after ``%load_ext symconv.ext.ipython``::

        %%symconv derive -x 1,2,3,4 -w 5,6,7
        --padding full --flip
    """
    try:
        arguments = shlex.split(f"{line}\n{cell or ''}")
    except ValueError as error:
        print(f"symconv: {error}: close every quotation mark.", file=sys.stderr)
        return
    run(arguments, show=_show)


def _show(blocks: list[str | Displayed]) -> None:
    plain = typeset(blocks, "text").rstrip("\n")
    display({"text/markdown": typeset(blocks, "notebook"), "text/plain": plain}, raw=True)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magic, called by ``%load_ext``."""
    shell.register_magic_function(no_var_expand(symconv), "line_cell", "symconv")


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magic away again, called by ``%unload_ext``."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("symconv", None)
