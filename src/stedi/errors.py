"""The one exception the `stedi` command turns into a line of text."""


class StediError(Exception):
    """Something the person at the keyboard can put right; its text says what and where."""
