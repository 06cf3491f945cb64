"""Files that are either whole or not there."""

import os
import shutil
from collections.abc import Callable, Mapping
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


def write_folder(target: Path, files: Mapping[str, bytes], own: Callable[[str], bool]) -> None:
    """Write a folder of files beside its place and then put it there, so that it has all of them or none.

    A folder that is there already is replaced if all that it holds is its own. A SymconvError is raised when
    it holds something else, or cannot be written; then nothing changes.
    """
    try:
        place = Path(os.path.realpath(target))
        others = sorted(item.name for item in place.iterdir() if not own(item.name)) if place.exists() else []
        if others:
            raise SymconvError(f"cannot write {target}: it holds {others[0]}; give a new or an empty folder.")
        part, former = (place.with_name(f".symconv-{uuid4().hex}") for _ in range(2))
        try:
            part.mkdir()
            for name, content in files.items():
                (part / name).write_bytes(content)
            if place.exists():
                place.rename(former)
            try:
                part.rename(place)
            except OSError:
                if former.exists():
                    former.rename(place)
                raise
        finally:
            for left in (part, former):
                shutil.rmtree(left, ignore_errors=True)
    except FileNotFoundError:
        raise SymconvError(
            f"cannot write {target}: there is no folder {target.parent}; make it first."
        ) from None
    except (OSError, ValueError) as error:
        raise SymconvError(f"cannot write {target}: {getattr(error, 'strerror', None) or error}.") from None
