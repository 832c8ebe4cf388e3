"""Errors a person can put right.

UserError (exit 1)
├── NothingIndexedError   no article has been indexed yet
├── UsageError (2)    a wrong argument, setting or path
├── BusyError (4)     another ingest holds the lock
├── DamagedError (5)  an index or a model is not what its checksum says
└── NoSpaceError (6)  the disk is full

The message is shown as one line: what happened, to which file, and the way out. Anything else than
a `UserError` is a bug and may show a traceback.
"""

NOTHING_INDEXED = "Nothing is indexed yet. Run 'assistant ingest FOLDER'."


class UserError(Exception):
    """An error a person can put right; `exit_code` is that of the process."""

    exit_code = 1


class NothingIndexedError(UserError):
    """No article has been indexed yet."""

    def __init__(self) -> None:
        super().__init__(NOTHING_INDEXED)


class UsageError(UserError):
    """A wrong argument, setting or path."""

    exit_code = 2


class BusyError(UserError):
    """Another ingest is running."""

    exit_code = 4


class DamagedError(UserError):
    """An index or a model whose bytes do not have the expected checksum."""

    exit_code = 5


class NoSpaceError(UserError):
    """No space left on the disk; what was there before is unchanged."""

    exit_code = 6
