"""The ``symconv-net`` directive of Sphinx: a network in TOML, its closed forms or numbers in the document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from docutils import nodes

from symconv.cli.net import passages
from symconv.cli.network import network_of
from symconv.cli.tables import parsed_toml, text_of
from symconv.errors import OptionError
from symconv.ext.shown import FigureInPlace, Shows, as_written, read_options, shared_options

if TYPE_CHECKING:
    from symconv.figures import Figure
    from symconv.network import Chain


@click.command(add_help_option=False)
@shared_options
@click.option("--show")
@click.option("--layer", type=int)
@click.option("--steps", is_flag=True)
@click.option("--figure", is_flag=True)
def _reader(**options: Any) -> None:
    """The reader of the command line, for the options of the directive."""


def _network(text: str, name: str) -> Chain:
    """The network that the lines of a document, or of a file, describe."""
    return network_of(parsed_toml(text, name), name)


def _drawn(place: FigureInPlace) -> Figure:
    """The figure of a network without its values."""
    return _network(place["given"], "the network").figure()


class NetworkDirective(Shows):
    """A network: its tables are the content, or those of the file that the argument names."""

    option_spec = as_written(_reader)

    def _composed(self) -> list[nodes.Node]:
        text, name = self._source()
        options = read_options(_reader, self.options)
        chain = _network(text, name)
        shown = list(passages(chain, options["show"], options["layer"], steps=options["steps"]))
        labels = self._labels(options["label"], shown)
        made: list[nodes.Node] = []
        if options["figure"]:
            chain.figure()
            place = FigureInPlace(drawn=_drawn, given=text, options={}, figure="network")
            made.append(self._figure(place, options["caption"]))
        elif options["caption"]:
            made.append(self._prose(nodes.rubric, options["caption"]))
        for passage, label in zip(shown, labels, strict=True):
            made += self._targeted(self._equation(passage, label, options["math"]))
            made += [self._prose(nodes.paragraph, remark) for remark in passage.remarks]
        for node in made:
            self.set_source_info(node)
        return made

    def _source(self) -> tuple[str, str]:
        """The lines that describe the network, and what errors call them."""
        if self.arguments and any(self.content):
            raise OptionError("a file is named, and there is content too: leave out one of them.")
        if not self.arguments:
            return "\n".join(self.content), "the network"
        relative, absolute = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        return text_of(Path(absolute)), Path(absolute).name
