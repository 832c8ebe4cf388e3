"""Reading bytes with all readers: the records of a file, its only record, and why it is refused."""

import pytest

from index.core.records import Limits, RawRecord, Unreadable
from index.readers.dispatch import read


def records(data, path="story.txt", *, fields=None, **limits):
    """All that is read of a file; `limits` are those of `Limits`."""
    data = data.encode() if isinstance(data, str) else bytes(data)
    return list(read(data, path, Limits(**limits), fields))


def only(data, path="story.txt", **more):
    """The only record of a file."""
    (record,) = records(data, path, **more)
    assert isinstance(record, RawRecord)
    return record


def refusal(data, path="story.txt", **more):
    """The code with which a file is refused."""
    with pytest.raises(Unreadable) as caught:
        records(data, path, **more)
    return caught.value.code


def skipped(found):
    """The path and code of each record that was not read."""
    return [(one.path, one.code) for one in found if not isinstance(one, RawRecord)]
