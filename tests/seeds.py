"""The same program under several hash seeds."""

from __future__ import annotations

import subprocess
import sys


def printed_under_several_seeds(code: str) -> set[str]:
    """Everything that a program prints, once for each different output."""
    return {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4711")
    }
