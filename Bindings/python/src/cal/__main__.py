"""`python -m cal` is the `cal` command."""

from .cli import main

raise SystemExit(main())
