"""Everything that can go wrong and is not a bug.

UserError (exit 1)
├── UsageError (2)    a wrong argument, setting or path
├── BusyError (4)     another ingest holds the lock
├── DamagedError (5)  an index or a model is not what its checksum says
└── NoSpaceError (6)  the disk is full

The message is shown to a person as one line: what happened, to which file, and the way out.
Whatever is not a `UserError` is a bug and may show a traceback to a developer.
"""


class UserError(Exception):
    """Something a person can put right; `exit_code` is the process's exit code."""

    exit_code = 1


class UsageError(UserError):
    """A wrong argument, setting or path."""

    exit_code = 2


class BusyError(UserError):
    """Another ingest is running."""

    exit_code = 4


class DamagedError(UserError):
    """An index or a model whose bytes are not the ones that were written or promised."""

    exit_code = 5


class NoSpaceError(UserError):
    """No space left on the disk; what was there before is unchanged."""

    exit_code = 6
