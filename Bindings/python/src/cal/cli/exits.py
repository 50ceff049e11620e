"""Exit statuses of the `cal` command."""

DONE = 0
FAILED = 1
"""The job could not be done: no libcal, no model, output not writable, checkpoint refused."""
SOME_FAILED = 2
"""Done, but some images could not be used, each named on stderr and in the records; or face boxes
were for no image, each named on stderr."""
USAGE = 64
INTERRUPTED = 130
"""Ctrl-C; what was written before is complete records."""
PIPE_CLOSED = 141
"""The reader of the output went away."""
