"""The resize that CALImageTests hold libcal against is the one of the Pillow installed here."""

from __future__ import annotations

import make_resize_fixtures


def test_the_committed_answers_are_pillows() -> None:
    assert make_resize_fixtures.content() == make_resize_fixtures.PATH.read_bytes()
