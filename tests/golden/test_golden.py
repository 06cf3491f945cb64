"""What every public object prints is what it printed when the hashes were recorded."""

from __future__ import annotations

from functools import cache

import pytest

from tests.golden.record import HASHES, Job, digest, jobs, recorded
from tests.optional import required

_SHOW = (
    "To see how, write the texts of both commits and compare them:\n"
    "    python -m tests.golden --only {file} --texts after    # here\n"
    "    python -m tests.golden --only {file} --texts before   # in a clone of the commit before\n"
    "    diff -r before after\n"
    "Where the change is meant, record it with python -m tests.golden, and say so in the commit."
)


@cache
def golden(file: str) -> dict[str, str]:
    return recorded(file)


def parameters() -> list[object]:
    return [
        pytest.param(
            job, id=f"{job.file}/{job.keys}", marks=[pytest.mark.exhaustive] if job.exhaustive else []
        )
        for job in jobs()
    ]


@pytest.mark.parametrize("job", parameters())
def test_what_is_printed_is_golden(job: Job) -> None:
    for library in job.needs:
        required(library)
    known = {key: value for key, value in golden(job.file).items() if key.startswith(job.keys)}
    made = {key: digest(text) for key, text in job.texts().items()}
    wrong = sorted(key for key in {*known, *made} if known.get(key) != made.get(key))
    assert not wrong, f"{job.file}: these print otherwise: {', '.join(wrong)}\n{_SHOW.format(file=job.file)}"


def test_every_hash_is_of_something_that_is_made() -> None:
    made: dict[str, tuple[str, ...]] = {}
    for job in jobs():
        made[job.file] = (*made.get(job.file, ()), job.keys)
    assert {path.stem for path in HASHES.iterdir()} == set(made)
    for file, above in made.items():
        assert [key for key in golden(file) if not key.startswith(above)] == []
