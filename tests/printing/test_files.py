"""Files are whole or not there; links stay, streams are written, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import symconv as sc
from symconv.errors import SymconvError
from symconv.printing.files import write_whole
from tests.cli.test_cli import OPENING, run


@pytest.mark.exhaustive
def test_links_stay_and_pipes_are_written(capsys, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "target").write_text("old", encoding="utf-8")
    run(capsys, "derive", *OPENING, "--show", "none", "-o", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert "Cross-correlation" in (tmp_path / "target").read_text(encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        run(capsys, "derive", *OPENING, "--show", "none", "-o", str(tmp_path / "pipe"))
        assert "Cross-correlation" in reader.communicate()[0]
    assert (tmp_path / "pipe").is_fifo()
    described = sc.Conv1d(2, 1).description
    call = f"{sys.executable} -m symconv derive -x 1,2 -w 1 --show none -o /dev/stdout"
    both = f"(echo first; {call}) > {tmp_path / 'all'}"
    subprocess.run(both, shell=True, check=True)
    assert (tmp_path / "all").read_text(encoding="utf-8") == f"first\n{described}\n"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError("embedded null byte")])
def test_nothing_is_left_behind_whatever_stops_a_write(tmp_path: Path, monkeypatch, stop) -> None:
    def stopped(*_: object) -> None:
        raise stop

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises((KeyboardInterrupt, SymconvError)):
        write_whole(tmp_path / "a.tex", b"")
    monkeypatch.undo()
    with pytest.raises(SymconvError, match="cannot write"):
        write_whole(tmp_path / "a\0.tex", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(capsys, tmp_path: Path) -> None:
    out = tmp_path / "gone" / "notes.md"
    code, _, err = run(capsys, "notes", *OPENING, "--sections", "dense", "-o", str(out))
    assert code == 2
    assert f"cannot write into {out.parent}: there is no such folder; create it first." in err
    (tmp_path / "link").symlink_to("gone/target")
    with pytest.raises(SymconvError, match=f"into {out.parent}: there is no such folder"):
        write_whole(tmp_path / "link", b"")
