"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from symconv.errors import SymconvError


def write_whole(target: Path, content: bytes) -> None:
    """Write a file beside its place and then put it there, with the permissions that new files have.

    Raises
    ------
    SymconvError
        When it cannot be written; then nothing is.
    """
    part = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            part.write(content)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(part.name, 0o666 & ~mask)
        os.replace(part.name, target)
    except OSError as error:
        if part is not None:
            Path(part.name).unlink(missing_ok=True)
        raise SymconvError(f"cannot write {target}: {error.strerror}.") from None
