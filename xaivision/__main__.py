"""The launcher: settles what has to be settled before torch is imported, and stops cleanly wherever Ctrl-C finds it."""

import os
import signal
import sys
from typing import NoReturn

from xaivision.core.progress import CancelToken, reporting

STOPPED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Without this, torch's threads spin while they wait; on busy cores that costs fifty times the work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    token = CancelToken()
    _cancel_on_interrupt(token)
    try:
        from xaivision.cli import run

        with reporting(None, token):
            code = run()
    except KeyboardInterrupt:  # while typer was imported
        print("Stopped.", file=sys.stderr)
        code = STOPPED
    sys.exit(code)


def _cancel_on_interrupt(token: CancelToken) -> None:
    """Ctrl-C cancels the job as well: the interrupt alone can be lost in a library that catches everything on import."""

    def stop(*_: object) -> NoReturn:
        token.cancel()
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # left alone where the caller ignores interrupts
        signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    main()
