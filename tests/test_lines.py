"""How many lines the package has: each part has a limit of its own, and so has what is in none of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.test_house import MODULES, lines_of, name_of

#: Parts with a limit of their own, each with the modules that belong to it; the first that fits counts.
PARTS: Mapping[str, tuple[int, str]] = {
    # chains of layers and batch normalisation: passes, derivations, receptive fields, second derivatives,
    # their own references, notes and slides on worked examples, and answers to what no chain can be made of;
    # under 9,950 before batch normalisation had notes, and layers that are alike were told once
    "networks": (10_750, r"network(\..*)?|pattern\.connections|layers\.unsized|cli\.net(work)?|ext\.network"),
    # steps in SMT-LIB, two solvers asked, and scripts in files, all behind one call of ``prove``
    "proofs": (1_250, r"evidence\.(smt_\w+|certificates|proofs)|cli\.prove"),
    # what reads the formulas of people, in text and LaTeX, and names what they meant
    "reading": (
        1_450, r"index_sums\.(tokens|parser|equation)|derivation\.readings|layers\.(conventions|judged)"
    ),
    # a second way of what the exact evaluation does, and faster; cases are columns, and relations are counted
    # in arrays too
    "arrays": (1_590, r"evidence\.(lanes|lane_values|arrays|array_models|array_relations|spans|trials)"),
    # evidence on any executor: a pool, a cluster
    "executors": (230, r"evidence\.(tasks|sweeps)"),
    # what hands a layer to another library, or takes one from it
    "exchange": (500, r"layers\.(einsum|from_torch|to_torch)"),
    # what writes formulas in other languages than LaTeX: it reads LaTeX as a tree first
    "languages": (1_150, r"printing\.(tree|tex|reread|mathml|typst|alphabets)"),
    # what type checkers know of options and quantities, and how these are refused and shown
    "types and displays": (260, r"pattern\.(given|symbolic)|printing\.(names|options|rich)"),
    "exercises": (3_500, r"(.*\.)?exercises(\..*)?"),
    "notes": (9_240, r"(.*\.)?notes(\..*)?"),
    "figures": (3_550, r"(.*\.)?figures(\..*)?"),
    # the mathematics and its doors; under 17,500 with figures before these had captions and motion, 16,750
    # before signatures had types, a notebook showed every result, and each public name had an example, and
    # 17,050 before any input that makes no sense had an answer of its own, and directives shared their parts
    "all others": (17_450, ".*"),
}  # fmt: skip


def test_the_package_has_few_lines() -> None:
    total = dict.fromkeys(PARTS, 0)
    for path in MODULES:
        part = next(part for part, (_, names) in PARTS.items() if re.fullmatch(names, name_of(path)))
        total[part] += lines_of(path)
    assert min(total.values()) > 0
    assert {part: lines for part, lines in total.items() if lines > PARTS[part][0]} == {}
