"""A command of the command line: its help in groups with examples at the end, and how quiet it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import click
from click.shell_completion import CompletionItem

from symconv.cli.terminal import QUIET

_GEOMETRY = (
    "input_size", "kernel_size", "stride", "padding", "dilation", "in_channels", "out_channels", "groups",
    "batch", "padding_mode", "channels", "output_padding", "bias", "flip", "transposed", "pooling",
)  # fmt: skip

#: The headings of the help, each with the options below it; those of one command only stand above them.
_HEADINGS = {
    "Values": ("x", "w", "delta", "b"),
    "Layer": _GEOMETRY,
    "Notation": ("notation", "letter", "index_base", "upstream_style", "tap_colours", "max_rows"),
    "General": ("quiet",),
}
_OWN = "Options"

#: The heading of an option by its name.
HEADING: Mapping[str | None, str] = MappingProxyType(
    {name: heading for heading, names in _HEADINGS.items() for name in names}
)

#: What stands before the examples of a docstring.
_EXAMPLES = "\b\nExamples:"


def _keep(ctx: click.Context, param: click.Parameter, quiet: bool) -> None:
    ctx.meta[QUIET] = quiet


class Command(click.Command):
    """A command that all of them are: options in groups, examples at the end of its help, ``--quiet``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text, found, examples = inspect.cleandoc(self.help or "").partition(_EXAMPLES)
        self.help, self.epilog = text.rstrip(), found + examples or None
        says = "Show no progress and no closing remarks."
        self.params.append(
            click.Option(["-q", "--quiet"], is_flag=True, expose_value=False, callback=_keep, help=says)
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (_OWN, *_HEADINGS)}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                usual = "General" if "--help" in param.opts else _OWN
                rows[HEADING.get(param.name, usual)].append(record)
        for heading, records in rows.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


def listed(
    names: Callable[[], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """How a shell completes the last of several names that commas separate."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        taken = before.split(",")
        found = [name for name in names() if name.startswith(last) and name not in taken]
        return [CompletionItem(f"{before}{comma}{name}") for name in found]

    return complete


def shown_names() -> list[str]:
    """What ``--show`` takes."""
    from symconv.explicit.registry import QUANTITIES

    return [*QUANTITIES, "all", "none"]


def derived_names() -> list[str]:
    """The quantities that have a closed form."""
    from symconv.explicit.registry import QUANTITIES

    return [name for name, row in QUANTITIES.items() if row.derived]


def claimed_names() -> list[str]:
    """What a claim may be about."""
    from symconv.derivation.value_claims import COUNTS

    return [*derived_names(), *COUNTS]
