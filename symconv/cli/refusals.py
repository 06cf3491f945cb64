"""What a wrong call says, in one line and in the words of the door at which it was made."""

from __future__ import annotations

import click

from symconv.errors import Door, SymconvError

#: What is raised by a wrong call, an impossible layer, and one too large to write out.
REFUSALS = (click.ClickException, SymconvError, MemoryError, RecursionError, OverflowError)

#: How things are asked for where options are written as text.
WAYS = {
    "closed_form": "derive closed forms, without values",
    "dots": "print the matrix with {show} matrix, which shows dots",
    "flatten": "a part of the kind 'flatten'",
    "function": "a name such as 'f'",
    "pair": "BEFORE,AFTER",
    "rows": "a whole number of at least 3, or 0 to show all",
    "values": "give values with {x} and {w}",
    "with_bias": "add {bias}",
}


#: The command line.
COMMAND_LINE = Door(lambda name: f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}", WAYS)


def refusal(error: Exception, door: Door = COMMAND_LINE) -> str:
    """What one of :data:`REFUSALS` says, in one line and in the words of a door."""
    if isinstance(error, click.ClickException):
        said = _by_click(error)
    elif isinstance(error, SymconvError):
        said = error.said(door)
    else:
        said = f"this layer is too large to be written out ({type(error).__name__}): use smaller sizes."
    return said if said.rstrip().endswith("^") else " ".join(said.split())  # a caret stands below its place


def _by_click(error: click.ClickException) -> str:
    """What click refuses; where it says no cure, the help of the command does."""
    said, context = error.format_message(), getattr(error, "ctx", None)
    if context is None or "Did you mean" in said or not said.startswith(("No such", "Missing", "Got")):
        return said
    cure = f"{context.command_path} --help shows what it takes"
    if isinstance(error, click.NoSuchOption) and "formula" in [p.name for p in context.command.params]:
        cure += "; if the formula begins with a minus sign, put -- before the name"
    return f"{said.rstrip('.')}: {cure}."
