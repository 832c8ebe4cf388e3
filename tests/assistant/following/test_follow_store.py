"""following.json is whole at every moment, whatever a program was doing when it was killed."""

import subprocess
import sys

import pytest

from assistant.following.standing_questions import Followed, FollowStore, StandingQuestion
from index.core.filters import Filters

# of a program from before articles could be named in filters: updates in its file have these ids
EARLIER_IDS = {Filters(): "5980889b", Filters(sources=("A",)): "6528f00b"}
OLD = Followed((StandingQuestion("the flood"),), {"a": "1"})
# ends itself with SIGKILL between the last byte of the new file and its name, or before the bytes
KILLED = """
import os, signal, sys
from pathlib import Path
from assistant.following.standing_questions import Followed, FollowStore, StandingQuestion
from index.core import disk

def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "replace":
    Path.replace = die
else:
    disk.sync = die
store = FollowStore(Path(sys.argv[1]))
with store.changing() as now:
    store.write(now.with_question(StandingQuestion("the storm")))
"""


@pytest.mark.parametrize("moment", ["replace", "sync"])
def test_a_kill_before_the_file_is_renamed_leaves_the_old_one(moment, tmp_path):
    store = FollowStore(tmp_path)
    store.write(OLD)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), moment], check=False)
    assert done.returncode == -9
    assert len(list(tmp_path.glob(".following.json.*.tmp"))) == 1  # it was written, not renamed
    assert store.read() == OLD
    with store.changing() as now:  # the lock of the dead is no lock
        store.write(now.with_question(StandingQuestion("the storm")))
    assert [one.text for one in store.read().questions] == ["the flood", "the storm"]


def test_a_question_keeps_its_id_and_so_its_updates_in_a_later_version():
    for filters, known in EARLIER_IDS.items():
        assert StandingQuestion("the flood", filters).id == known
    only = StandingQuestion("the flood", Filters(articles=("ab",)))
    assert only.id not in EARLIER_IDS.values()
