"""``python -m symconv``, and the ``symconv`` command itself, which can be stopped while it loads."""

import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from symconv.cli.commands import main as command
    except KeyboardInterrupt:
        sys.stderr.write("symconv: stopped.\n")
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
