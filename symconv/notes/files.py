"""Files: the format of each suffix, and writing that leaves no half of a file."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, TypedDict

from symconv.errors import OptionError, SymconvError, reject_unknown
from symconv.notes.beamer import slides
from symconv.notes.html import SCRIPTS, page
from symconv.notes.latex import article, fragment
from symconv.notes.markdown import github, myst
from symconv.notes.model import Manuscript, Picture
from symconv.notes.notebook import notebook
from symconv.notes.pdf import ENGINES, engine_for, pdf, typst_pdf
from symconv.notes.rst import source
from symconv.notes.text import render
from symconv.notes.typst import typeset
from symconv.printing.files import write_whole


@dataclass(frozen=True)
class Options:
    """What a format can be told.

    Attributes
    ----------
    fragment : bool
        A .tex file for ``\\input`` instead of a document of its own.
    slides : bool
        A .tex or .pdf file of slides that reveal the calculation step by step.
    handout : bool
        Slides to hand out: one page a frame, with everything shown.
    myst : bool
        A .md file for MyST instead of GitHub.
    math : str
        How an .html file has mathematics: "mathml", which needs no script, "mathjax" or "katex".
    mathjax, katex : str
        Where an .html file loads MathJax or KaTeX from; each asks for it.
    engine : str
        What sets a .pdf file: "latex", "typst", or "auto" for TeX where it is installed and else Typst.
    """

    fragment: bool = False
    slides: bool = False
    handout: bool = False
    myst: bool = False
    math: str = "mathml"
    mathjax: str = SCRIPTS["mathjax"]
    katex: str = SCRIPTS["katex"]
    engine: str = "auto"


class GivenOptions(TypedDict, total=False):
    """The same as they are given, for type checkers."""

    fragment: bool
    slides: bool
    handout: bool
    myst: bool
    math: Literal["mathml", "mathjax", "katex"]
    mathjax: str
    katex: str
    engine: Literal["auto", "latex", "typst"]


#: The options that name the place of a script, and so what writes mathematics.
_BY_SCRIPT = ("mathjax", "katex")

#: Files by name; the first is the document, the others are its pictures.
Files: TypeAlias = dict[str, bytes]


def _tex(document: Manuscript, name: str, options: Options) -> Files:
    labels = _labels(name)
    if options.slides:
        whole = slides(document, handout=options.handout)
    else:
        whole = fragment(document, labels) if options.fragment else article(document)
    return {Path(name).name: whole.encode()}


def _labels(name: str) -> str:
    """What the labels of a document begin with, so that several fit one project."""
    return re.sub(r"[^a-z0-9]+", "-", str(Path(name).with_suffix("")).lower()).strip("-") or "notes"


def _pdf(document: Manuscript, name: str, options: Options) -> Files:
    if engine_for(options.engine, slides=options.slides) == "typst":
        return {Path(name).name: typst_pdf(typeset(document))}
    whole = slides(document, handout=options.handout) if options.slides else article(document)
    return {Path(name).name: pdf(whole, slides=options.slides)}


def _plain(render: Callable[[Manuscript, Options], str]) -> Callable[[Manuscript, str, Options], Files]:
    return lambda document, name, options: {Path(name).name: render(document, options).encode()}


def _illustrated(
    render: Callable[[Manuscript, Options, Callable[[Picture], str], str], str],
) -> Callable[[Manuscript, str, Options], Files]:
    """A format whose pictures are files beside it, with names that no other document of a folder has."""

    def files(document: Manuscript, name: str, options: Options) -> Files:
        pictures: Files = {}

        def kept(picture: Picture) -> str:
            file = f"{Path(name).stem}-{Path(name).suffix[1:]}-{picture.name}.svg"
            pictures[file] = picture.figure.svg().encode()
            return file

        return {Path(name).name: render(document, options, kept, _labels(name)).encode(), **pictures}

    return files


#: Each suffix with the options that it takes, and what makes its files.
FORMATS: Mapping[str, tuple[tuple[str, ...], Callable[[Manuscript, str, Options], Files]]] = MappingProxyType(
    {
        ".tex": (("fragment", "slides", "handout"), _tex),
        ".pdf": (("slides", "handout", "engine"), _pdf),
        ".typ": ((), _plain(lambda d, o: typeset(d))),
        ".md": (
            ("myst",),
            _illustrated(lambda d, o, p, labels: myst(d, p, labels) if o.myst else github(d, p)),
        ),
        ".html": (("math", *_BY_SCRIPT), _plain(lambda d, o: page(d, o.math, getattr(o, o.math, None)))),
        ".ipynb": ((), _plain(lambda d, o: notebook(d))),
        ".rst": ((), _illustrated(lambda d, o, p, labels: source(d, p, labels))),
        ".txt": ((), _plain(lambda d, o: render(d))),
    }
)


def checked(name: str, given: Mapping[str, Any]) -> Options:
    """The options for a file, each of the right kind and one that its format takes."""
    suffix = Path(name).suffix
    if suffix not in FORMATS:
        raise OptionError("{name!r} has no format: {cure}", name=name, given=suffix, allowed=FORMATS)
    reject_unknown("save", given, [item.name for item in fields(Options)])
    for option, value in given.items():
        default = getattr(Options(), option)
        if type(value) is not type(default):
            kind = "True or False" if default is False else "a text"
            raise OptionError(f"{{option}} is {{given!r}}: write {kind}.", option, value)
        if value != default and option not in FORMATS[suffix][0]:
            takes = [s for s, (options, _) in FORMATS.items() if option in options]
            sentence = f"{{option}} does not go with {suffix}: it is for {', '.join(takes)}."
            raise OptionError(sentence, option, value)
    scripts = [name for name in _BY_SCRIPT if name in given]
    for script in scripts[:1]:
        if given.get("math", script) != script or scripts[1:]:
            other = "math" if "math" in given else scripts[1]
            raise OptionError("{option} and {" + other + "} exclude each other: write one of them.", script)
        given = {"math": script, **given}
    made = Options(**given)
    if made.engine not in ENGINES:
        raise OptionError("{option} is {given!r}: {cure}", "engine", made.engine, allowed=ENGINES)
    if made.slides and made.engine == "typst":
        raise OptionError("{option} are set by TeX alone: leave out {engine}.", "slides")
    if made.handout and not made.slides:
        raise OptionError("{option} is for slides: write {slides} too.", "handout")
    if made.fragment and made.slides:
        raise OptionError("{option} and {slides} exclude each other: write one of them.", "fragment")
    return made


def rendered(document: Manuscript, name: str, **options: Any) -> Files:
    """The files of a document by name, the document first; see :class:`Options`.

    ``name`` is the document's, or its path among others: labels begin with it, so that they differ.
    """
    found = checked(name, options)
    return FORMATS[Path(name).suffix][1](document, name, found)


def write(folder: Path, files: Files) -> None:
    """Every file whole or not at all, the pictures before the document that shows them."""
    taken = next((name for name in files if (folder / name).is_dir()), None)
    if taken is not None:
        raise SymconvError(f"cannot write {folder / taken}: it is a folder; give the name of a file.")
    for name, content in reversed(files.items()):
        write_whole(folder / name, content)
