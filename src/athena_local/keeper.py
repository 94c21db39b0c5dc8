"""Runs a program that cannot outlive its starter: `python -m athena_local.keeper PROGRAM ARGS`.

Standard input is a pipe from the starter. When it closes, because the starter closed it or
died of anything, `kill -9` included, the program is ended and the keeper exits. On Linux the
kernel also ends the program when the keeper itself is killed. Imports nothing but the standard
library, so that it starts in milliseconds.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

GRACE = 5.0  # seconds between asking the program to end and killing it
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the program of the command line and return its exit code."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_keeper() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    # Ctrl-C reaches the whole terminal: ending in good order is the starter's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = subprocess.Popen(  # noqa: S603
        sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=die_with_keeper, start_new_session=True
    )
    signal.signal(signal.SIGTERM, lambda *_: _end(program))
    threading.Thread(target=_end_on_eof, args=(program,), daemon=True).start()
    return program.wait()


def _end_on_eof(program: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    _end(program)


def _end(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    threading.Timer(GRACE, program.kill).start()


if __name__ == "__main__":
    sys.exit(main())
