"""What the `stedi` command turns into a line of text and an exit status."""


class StediError(Exception):
    """Something the person at the keyboard can put right; its text says what and where."""

    exit_status = 1


class InterruptError(StediError):
    """The person at the keyboard pressed Ctrl-C; the text says how things stand."""

    exit_status = 130
