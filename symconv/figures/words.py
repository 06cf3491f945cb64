"""What a figure shows, in words: for readers who listen, with the numbers of the layer."""

from collections import Counter
from collections.abc import Mapping, Sequence

from symconv.figures.drawing import Label
from symconv.figures.lettering import Lettering, Tap, weights_by_look
from symconv.printing.english import counted, several

#: The noun of what lies along an axis.
_PLACE = "place"

#: At most so many rows are described one by one.
_MOST_ROWS = 12

#: For each row, the columns where it is not zero and the taps there.
Rows = Sequence[Sequence[tuple[str, Sequence[int]]]]


def matrix_in_words(
    letters: Lettering,
    rows: Sequence[Label],
    columns: Sequence[Label],
    sides: tuple[str, str],
    cells: Mapping[tuple[int, int], Sequence[int]],
) -> str:
    """The size of a matrix, and its diagonals where each tap fills one, else its rows."""
    height, width = counted(len(rows), "row"), counted(len(columns), "column")
    size = f"Matrix of {height} ({sides[0]}) and {width} ({sides[1]}). "
    size += f"{selections_in_words(letters, 'Cells')} ".lstrip()
    diagonals = _diagonals(letters, cells, (len(rows), len(columns)))
    if diagonals:
        return f"{size}{', '.join(diagonals)}; zero elsewhere."
    return f"{size}{rows_in_words(letters, rows, seen_by_row(rows, columns, cells))} Zero elsewhere."


def seen_by_row(
    rows: Sequence[Label], columns: Sequence[Label], cells: Mapping[tuple[int, int], Sequence[int]]
) -> Rows:
    """For each row of cells, what :func:`rows_in_words` tells."""
    met: list[list[tuple[str, Sequence[int]]]] = [[] for _ in rows]
    for (r, c), taps in sorted(cells.items()):
        met[r].append((columns[c].text, taps))
    return met


def rows_in_words(letters: Lettering, rows: Sequence[Label], seen: Rows) -> str:
    """Each row with what it meets and through which tap.

    >>> w, y = Tap(Label("$w_{0}$", "w0"), "blue", "solid"), Label("$y_{0}$", "y0")
    >>> rows_in_words(Lettering((y,), (), (), (), (w,), True), [y], [[("x2", [0])]])
    'y0: w0 at x2.'
    """
    sentences = []
    for row, met in list(zip(rows, seen, strict=True))[:_MOST_ROWS]:
        sums = [" + ".join(letters.taps[tap].label.text for tap in taps) for _, taps in met]
        places = [f"{taps} at {column}" for taps, (column, _) in zip(sums, met, strict=True)]
        sentences.append(f"{row.text}: {', '.join(places) or 'nothing'}.")
    left_out = len(rows) - _MOST_ROWS
    more = [f"This description leaves out {counted(left_out, 'more row')}."] if left_out > 0 else []
    return " ".join(sentences + more)


def blocks_in_words(
    names: Mapping[tuple[int, int], Label], shape: tuple[int, int], size: tuple[int, int]
) -> str:
    """The blocks of a matrix, row by row."""
    block = f"{counted(size[0], 'row')} and {counted(size[1], 'column')}"
    zero = Label("$0$", "0")
    texts = [[names.get((r, c), zero).text for c in range(shape[1])] for r in range(shape[0])]
    more = "; and so on" if shape[0] > _MOST_ROWS else ""
    rows = "; ".join(map(", ".join, texts[:_MOST_ROWS]))
    return f" Each framed block has {block}. Row by row, the blocks are {rows}{more}."


def ties_in_words(letters: Lettering, taps: Sequence[Tap]) -> str:
    """What the looks of edges tell, of the taps that stand on them one by one.

    >>> w = Tap(Label("$w_{0}$", "w0"), "blue", "solid")
    >>> ties_in_words(Lettering((), (), (), (), (w,), True), [w, w])
    ' One colour and line style per shared weight.'
    """
    if not taps:
        return ""
    if not letters.tied:
        return f" {selections_in_words(letters, 'Edges')}"
    if letters.constant:
        return f" Every edge has the same weight, {taps[0].label.text}."
    looks, weights = weights_by_look(taps), Counter(taps)
    if len(looks) < len(weights):
        shared = f"{counted(len(weights), 'weight')} share {len(looks)} colours and line styles"
        return f" {shared}; their labels tell them apart."
    return f" One colour and line style per {'shared ' if max(weights.values()) > 1 else ''}weight."


def selections_in_words(letters: Lettering, what: str) -> str:
    """What edges or cells are where they are no weights; nothing where they are."""
    if letters.tied:
        return ""
    if not letters.selects:
        return f"{what} show the weights of the mean, each 1 over the divisor of its window."
    return (
        f"{what} show selections, not shared weights: 1 if the input is the first maximum of the output's "
        "window, else 0."
    )


def places_in_words(sizes: Sequence[tuple[str, int]]) -> str:
    """How many entries there are, from the outermost on; those of several axes as one product.

    >>> places_in_words([("sample", 2), ("channel", 1), ("place", 4), ("place", 3)])
    '2 samples of 1 channel of 4 by 3 entries'
    """
    outer = [counted(size, noun) for noun, size in sizes if noun != _PLACE]
    *first, last = (size for noun, size in sizes if noun == _PLACE)
    return " of ".join([*outer, " by ".join([*map(str, first), counted(last, "entry", "entries")])])


def sides_in_words(sides: Sequence[tuple[int, int]], noun: str) -> str:
    """What lies around, before and after along each axis; nothing where there is none.

    >>> sides_in_words([(2, 2)], "padded position"), sides_in_words([(0, 0), (0, 0)], "padded position")
    (' with 2 padded positions on each side', '')
    >>> sides_in_words([(0, 1)], "cropped position")
    ' with 0 cropped positions before and 1 after'
    >>> sides_in_words([(1, 1), (0, 2)], "cropped position")
    ' with cropped positions before and after, 1 and 1 along axis 1, 0 and 2 along axis 2'
    """
    if not any(map(sum, sides)):
        return ""
    if len({side for both in sides for side in both}) == 1:
        return f" with {counted(sides[0][0], noun)} on each side"
    if len(sides) == 1:
        return f" with {counted(sides[0][0], noun)} before and {sides[0][1]} after"
    along = [f"{before} and {after} along axis {axis}" for axis, (before, after) in enumerate(sides, 1)]
    return f" with {several(noun)} before and after, {', '.join(along)}"


def _diagonals(
    letters: Lettering, cells: Mapping[tuple[int, int], Sequence[int]], shape: tuple[int, int]
) -> list[str]:
    """Where each tap lies, if every one that occurs fills one whole diagonal; else nothing."""
    offsets: dict[int, list[int]] = {}
    for (r, c), taps in cells.items():
        for tap in taps:
            offsets.setdefault(tap, []).append(c - r)
    for offset, *others in offsets.values():
        length = min(shape[0] + min(offset, 0), shape[1] - max(offset, 0))
        if others != [offset] * (length - 1):
            return []
    ones = sorted((tap, found[0]) for tap, found in offsets.items())
    return [f"{letters.taps[tap].label.text} on {_diagonal(offset)}" for tap, offset in ones]


def _diagonal(offset: int) -> str:
    """The name of a diagonal.

    >>> _diagonal(0), _diagonal(1), _diagonal(-2)
    ('the main diagonal', 'the diagonal 1 above the main one', 'the diagonal 2 below the main one')
    """
    if not offset:
        return "the main diagonal"
    return f"the diagonal {abs(offset)} {'above' if offset > 0 else 'below'} the main one"
