"""Runs a command so that errors become one line and an exit code, never a traceback."""

import os
import signal
import sys
import threading
from collections.abc import Callable

from index.core.errors import UserError


def guarded(command: Callable[[], int]) -> int:
    """Run `command`; returns its exit code or that of what went wrong.

    What it makes is the user's alone.
    A `UserError` gives its own exit code. Ctrl-C and SIGTERM give 128 + the signal's number, and
    a closed stdout (`| head`) gives 0 without a message. Bugs keep their traceback.
    """
    received: list[int] = []

    def stop(number: int, frame: object) -> None:
        """Leave as on Ctrl-C, so that every `finally` runs."""
        received.append(number)
        raise KeyboardInterrupt

    umask = os.umask(0o077)
    main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if main_thread else None
    try:
        code = int(command())
        sys.stdout.flush()
        return code
    except UserError as problem:
        from assistant.core.console import line

        print(f"assistant: {line(str(problem))}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        print("assistant: stopped.", file=sys.stderr)
        return 128 + (received[0] if received else signal.SIGINT)
    except BrokenPipeError:
        # the interpreter flushes stdout at exit and must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        os.umask(umask)
        if before is not None:
            signal.signal(signal.SIGTERM, before)
