"""A drawing as PNG or PDF by matplotlib: the same bytes each time, whatever the user's settings."""

import io
import threading
from collections.abc import Mapping
from typing import Any

from symconv.errors import MissingExtraError
from symconv.figures.colours import tint
from symconv.figures.drawing import DASHES, LOOKS, Box, Disc, Drawing, Label, Line, Mark, Text

#: A user unit in inches, and the points in an inch.
_UNIT, _POINTS = 0.42, 72

_DASHES = dict(zip(DASHES, ("-", "--", ":", "-."), strict=True))

#: What would tell when and by which version a file was made.
_ANONYMOUS = {"png": ("Software",), "pdf": ("Creator", "Producer", "CreationDate")}

#: On top of matplotlib's own defaults: the letters of LaTeX.
_SETTINGS = {
    "font.family": ["cmr10"],
    "mathtext.fontset": "cm",
    "axes.formatter.use_mathtext": True,  # cmr10 has no minus sign, so matplotlib warns without
}

#: matplotlib's settings are those of the whole process: one drawing at a time changes and restores them.
_SETTING = threading.Lock()


def to_png(drawing: Drawing, dpi: int) -> bytes:
    """Pixels, so many an inch."""
    return _painted(drawing, "png", {"Title": drawing.title, "Description": drawing.alt}, dpi)


def to_pdf(drawing: Drawing) -> bytes:
    """One page of the drawing's size."""
    return _painted(drawing, "pdf", {"Title": drawing.title, "Subject": drawing.alt})


def _painted(drawing: Drawing, form: str, described: Mapping[str, str], dpi: int = 100) -> bytes:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("figures as PNG and PDF need: pip install 'symconv[plot]'") from None
    file = io.BytesIO()
    with _SETTING, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        # A Figure by itself has a canvas of its own; pyplot is not asked, so no window or state is touched.
        figure = Figure(figsize=(drawing.width * _UNIT, drawing.height * _UNIT))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, drawing.width)
        axes.set_ylim(drawing.height, 0)
        axes.set_axis_off()
        for order, mark in enumerate(drawing.marks):
            _add(axes, mark, order)
        figure.savefig(file, format=form, dpi=dpi, metadata={**dict.fromkeys(_ANONYMOUS[form]), **described})
    return file.getvalue()


def _add(axes: Any, mark: Mark, order: int) -> None:
    match mark:
        case Box() | Disc():
            axes.add_artist(_patch(mark, order))  # add_patch would measure it too
            if mark.label:
                across, down = (mark.width / 2, mark.height / 2) if isinstance(mark, Box) else (0, 0)
                ink = tint(LOOKS[mark.look].ink, 1)
                _write(axes, mark.x + across, mark.y + down, mark.label, mark.size, order + 0.5, color=ink)
        case Line():
            xs, ys = (mark.x1, mark.x2), (mark.y1, mark.y2)
            colour, dash = tint(mark.colour, 1), _DASHES[mark.dash]
            axes.plot(xs, ys, color=colour, linestyle=dash, linewidth=1, zorder=order)
        case Text():
            options: dict[str, Any] = {"ha": mark.anchor, "rotation": 0 if mark.upright else 90}
            if mark.backed:
                options["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
            _write(axes, mark.x, mark.y, mark.label, mark.size, order, **options)


def _patch(mark: Box | Disc, order: int) -> Any:
    from matplotlib.patches import Circle, Rectangle

    look = LOOKS[mark.look]
    options: dict[str, Any] = {
        "facecolor": "none" if look.fill is None else tint(mark.colour, look.fill),
        "edgecolor": tint(mark.colour, look.line),
        "linewidth": look.width,
        "linestyle": _DASHES[look.dash],
        "zorder": order,
    }
    if isinstance(mark, Disc):
        return Circle((mark.x, mark.y), mark.radius, **options)
    return Rectangle((mark.x, mark.y), mark.width, mark.height, **options)


def _write(axes: Any, x: float, y: float, label: Label, size: float, order: float, **options: Any) -> None:
    where = {"ha": "center", "va": "center", "zorder": order, **options}
    axes.text(x, y, label.latex, fontsize=size * _UNIT * _POINTS, **where)
