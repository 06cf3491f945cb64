"""Files that are either whole or not there."""

import os
from pathlib import Path
from uuid import uuid4

from symconv.errors import SymconvError

#: Folders of streams, which may lead to a file that others write too.
_STREAMS = (Path("/dev"), Path("/dev/fd"))


def write_whole(target: Path, content: bytes) -> None:
    """Write a file beside its place and then put it there, with the permissions that new files have.

    A link stays, and what it points to is written. A stream, such as a pipe, is written as it is. A
    SymconvError is raised when it cannot be written; then nothing is.
    """
    try:
        if target.parent in _STREAMS or (target.exists() and not target.is_file()):
            with target.open("ab") as stream:
                stream.write(content)
            return
        place = Path(os.path.realpath(target))
        part = place.with_name(f".symconv-{uuid4().hex}")
        try:
            with part.open("xb") as stream:
                stream.write(content)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    except FileNotFoundError:
        folder = Path(os.path.realpath(target)).parent if target.parent.exists() else target.parent
        raise SymconvError(f"cannot write into {folder}: there is no such folder; create it first.") from None
    except (OSError, ValueError) as error:
        raise SymconvError(f"cannot write {target}: {getattr(error, 'strerror', None) or error}.") from None
