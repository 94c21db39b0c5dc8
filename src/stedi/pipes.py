"""What reads a command's output may stop reading, as `head` does: the command then ends, and dbt's work with it."""

from __future__ import annotations

import logging
import os
import select
import signal
import stat
import sys
import threading
from types import FrameType
from typing import IO

from rich.console import Console

EXIT_STATUS = 128 + signal.SIGPIPE
"""What a shell says of a program that ended because nobody reads its output."""


CLOSED = threading.Event()
"""Set when the reader of standard output is gone."""


class PipeConsole(Console):
    """A console that leaves the end of a closed pipe to `end_with_pipe`: an exit in a thread of dbt would hang dbt."""

    def on_broken_pipe(self) -> None:
        """Write to nowhere from here on."""
        _write_to_nowhere(self.file)
        if threading.current_thread() is threading.main_thread():
            raise SystemExit(EXIT_STATUS)


def end_with_pipe() -> None:
    """From here on, end this process when standard output is a pipe and its reader is gone.

    The end comes as a `SystemExit` in the main thread, which dbt treats as it does Ctrl-C: it cancels its queries and
    lets go of its connections. A broken connection to a server, which is a SIGPIPE too, changes nothing.
    """
    try:
        output = sys.stdout.fileno()
        if not stat.S_ISFIFO(os.fstat(output).st_mode):
            return
    except (AttributeError, OSError, ValueError):
        return
    # dbt's own lines (-v) are written by threads, which would tell each line that cannot be written.
    logging.raiseExceptions = False
    reader = select.poll()
    reader.register(output, 0)  # an error alone: the reader is gone

    def end(number: int, frame: FrameType | None) -> None:
        if CLOSED.is_set() or reader.poll(0):
            CLOSED.set()
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            _write_to_nowhere(sys.stdout)
            raise SystemExit(EXIT_STATUS)

    def watch() -> None:
        # Of a build that says nothing for a while, too.
        if reader.poll():
            CLOSED.set()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGPIPE)

    signal.signal(signal.SIGPIPE, end)
    threading.Thread(target=watch, name="pipe", daemon=True).start()


def _write_to_nowhere(output: IO[str]) -> None:
    """Python would complain at its end of what it could not write."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, output.fileno())
    os.close(nowhere)
