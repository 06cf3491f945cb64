"""Certificates say what they state, are confirmed where a step holds, and satisfiable where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.cli.commands import run
from symconv.derivation.rules import limits
from symconv.derivation.rules import rule as rules
from symconv.errors import SymconvError
from symconv.evidence.smt_solver import verdict
from tests.derivation.test_rules import FAULTS, setting, unchecked
from tests.tiers import tiers

FEW = [FAULTS[0], FAULTS[14], next(f for f in FAULTS if f[0] is limits.Count)]


@pytest.mark.parametrize(
    ("rule", "fault", "name", "options"),
    tiers(FAULTS, FEW, several=True),
    ids=lambda v: getattr(v, "__name__", str(v)),
)
def test_a_fault_in_a_rule_is_satisfiable_in_the_certificate_of_its_step(
    rule: type[rules.Rule], fault: Callable, name: str, options: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = rule.rewrite
    monkeypatch.setattr(rule, "rewrite", lambda self, terms, setting: fault(right(self, terms, setting)))
    made = unchecked(setting(**options), name)
    at = next(n for n, line in enumerate(made._lines) if line.rule == rule.name)
    certificate = made.certificate()
    for step in certificate.steps[: at + 1]:
        said = [verdict("z3", script) for script in step.scripts(certificate.layer).values()]
        assert not step.undecided
        assert ("sat" in said) == (step.number == at + 1), (step.title, said)
    proof = made.prove(engine="z3")
    assert next(step.number for step in proof.steps if not step) == at + 1


DERIVED = [("output_size", {"stride": "s"}), ("output", {"stride": "s"}), ("matrix", {"dilation": "d"})]


@pytest.mark.parametrize(("name", "options"), tiers(DERIVED, DERIVED[:1], several=True))
def test_another_solver_confirms_a_certificate(name: str, options: dict[str, Any]) -> None:
    derivation = sc.Conv1d("N", "K", **options).derive(name)
    checked = derivation.certificate().check()
    assert checked
    assert checked.agreed == len(checked.verdicts)
    assert str(checked).endswith(f"{checked.agreed} of {checked.agreed} scripts: unsat by z3 and cvc5")
    assert str(derivation.prove(confirm=True)).endswith(", by z3 and cvc5")


PAGE = Path(__file__).resolve().parents[2] / "docs" / "proofs.md"
ROWS = re.findall(r"^\| (\w+) \| (\w) \| (\w) \| (\w) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE.read_text(), re.M)


@pytest.mark.parametrize("row", tiers(ROWS, ROWS[:1]), ids="-".join)
def test_the_page_says_how_many_scripts_each_solver_confirms(row: tuple[str, ...]) -> None:
    name, *sizes, scripts, by_z3, by_cvc5 = row
    stride, dilation, padding = (int(size) if size.isdigit() else size for size in sizes)
    layer = sc.Conv1d("N", "K", stride=stride, dilation=dilation, padding=padding)
    said = layer.derive(name).certificate().check().verdicts
    assert len(ROWS) == 5
    assert len(said) == int(scripts)
    for solver, unsat in (("z3", by_z3), ("cvc5", by_cvc5)):
        found = [each[solver] for each in said.values()]
        assert found.count("unsat") == int(unsat)
        assert "sat" not in found


def test_a_script_says_what_it_states() -> None:
    certificate = sc.Conv1d("N", "K", stride="s").derive("output").certificate()
    script = certificate.scripts["output-03-1.smt2"]
    lines = script.splitlines()
    assert lines[0].startswith("; Cross-correlation: input size N, kernel size K, stride s, dilation 1")
    assert lines[1].startswith("; output, step 3 of 4, sifting: ")
    assert "; s: stride" in lines
    assert "; Statement: for all sizes of such a layer, each product of entries of w and x" in script
    assert "; If the script is unsatisfiable (unsat), the statement holds." in script
    assert lines[-1] == "(check-sat)"
    assert str(certificate).count(".smt2: ") == len(certificate.scripts)


def test_a_certificate_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    certificate = sc.Conv1d("N", "K", stride="s").derive("output_size").certificate()
    folder = certificate.save(tmp_path / "proof")
    assert {file.name for file in folder.iterdir()} == {"index.txt", *certificate.scripts}
    assert (folder / "index.txt").read_text() == str(certificate)
    (folder / "old.smt2").write_text("")
    certificate.save(folder)
    assert not (folder / "old.smt2").exists()
    (folder / "mine.txt").write_text("kept")
    with pytest.raises(SymconvError, match=r"holds mine\.txt; give a new or an empty folder"):
        certificate.save(folder)
    assert (folder / "mine.txt").read_text() == "kept"
    with pytest.raises(SymconvError, match="there is no folder"):
        certificate.save(tmp_path / "no" / "proof")
    assert [item.name for item in tmp_path.iterdir()] == ["proof"]


def test_certificates_of_one_layer_are_put_together() -> None:
    layer = sc.Conv1d("N", "K", stride="s")
    one, two = (layer.derive(name).certificate() for name in ("output_size", "output"))
    assert len((one + two).scripts) == len(one.scripts) + len(two.scripts)
    with pytest.raises(SymconvError, match="two different layers"):
        one + sc.Conv1d("N", "K").derive("output").certificate()
    with pytest.raises(SymconvError, match="solvers names 'yices'"):
        one.check(["yices"])


def test_the_command_proves_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["prove", "--input-size", "N", "--kernel-size", "K", "--stride", "s"]
    assert run([*call, "output_size,grad_bias", "--bias", "-o", str(tmp_path / "proof")]) == 0
    told = capsys.readouterr()
    assert "output_size: proved for all K, N, s, by z3\ngrad_bias: proved for all K, N, s, by z3" in told.out
    assert f"8 scripts written to {tmp_path / 'proof'}" in told.out
    assert told.err == ""
    assert len(list((tmp_path / "proof").iterdir())) == 9
    assert run([*call, "outputs"]) == 2
    assert capsys.readouterr().err.startswith("symconv: 'outputs' has no derivation: did you mean 'output'?")
    assert run([*call, "output", "-o", ""]) == 2


@pytest.mark.exhaustive
def test_the_command_fails_where_a_step_is_not_proved(capsys: pytest.CaptureFixture[str]) -> None:
    grouped = ["--in-channels", "A", "--out-channels", "F", "--groups", "G"]
    sizes = ["--input-size", "N", "--kernel-size", "K", "--stride", "s"]
    assert run(["prove", *sizes, *grouped, "upstream_matrix"]) == 1
    assert "z3 does not decide whether" in capsys.readouterr().out
