"""`python -m cal` is the `cal` command."""

from __future__ import annotations


def main() -> int:
    try:
        from .cli import main as command  # which takes a while, in which Ctrl-C may come

        return command()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
