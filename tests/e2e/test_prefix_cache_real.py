"""What one process has read another goes on from, with the smallest real model: `-m real`."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from assistant.answering.pipeline import Assistant
from assistant.answering.prefix_cache import PrefixCache
from assistant.llm.kv_state_store import KVStateStore
from assistant.llm.llamacpp import LlamaCpp
from index.core.articles import Article
from index.storage.article_store import Listed
from tests.command_line import python
from tests.fakes import FixedSearch, WordReranker
from tests.small_model import NAME, small_model_path

pytestmark = pytest.mark.real

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
FLOOD = Article(
    "flood.txt",
    "The river Tavra leaves its bed",
    " ".join(
        f"On {day} the river rose by {20 + 7 * n} centimetres and the mayor of Ossel, Lotte Maren,"
        f" had {100 + 30 * n} people brought to the school in Harbour Street."
        for n, day in enumerate(DAYS)
    ),
)


def model_in(folder: Path) -> LlamaCpp:
    return LlamaCpp(small_model_path(), name=NAME, state_folder=folder)


def cache_in(model: LlamaCpp, folder: Path) -> PrefixCache:
    states = KVStateStore(folder, 100_000_000)
    rows = [Listed(FLOOD, 1, None)]
    return PrefixCache(states, lambda: NAME, lambda: model, FixedSearch(FLOOD), lambda: rows)


def read_into(folder: Path) -> None:
    folder.mkdir(parents=True)
    with closing(model_in(folder)) as model:
        (read,) = cache_in(model, folder).fill(threading.Event())
        assert read.bytes > 100_000


def test_a_new_process_reads_the_question_alone(tmp_path) -> None:
    folder = tmp_path / "readings"
    code = "import sys, pathlib; from tests.e2e import test_prefix_cache_real as test;"
    code += "test.read_into(pathlib.Path(sys.argv[1]))"
    assert python("-c", code, str(folder), stdout=None, stderr=None).wait(300) == 0
    with closing(model_in(folder)) as model:
        warm = Assistant(
            FixedSearch(FLOOD), WordReranker(), lambda: model, cache=cache_in(model, folder)
        )
        answers = warm.stream("Who is the mayor of Ossel?")
        first = next(a for a in answers if a.timings.prompt_tokens)  # the proof is not read yet
        told = first.timings
        assert len(first.shown.spans) == len(DAYS)
        assert told.prompt_tokens > 250
        assert told.prompt_tokens - told.cached_tokens < 40


def test_a_file_that_is_no_reading_leaves_the_engine_as_it_was(tmp_path) -> None:
    with closing(model_in(tmp_path)) as model:
        (tmp_path / "x").write_bytes(b"nonsense" * 100)
        model.restore("x")
        model.restore("not there")
        assistant = Assistant(FixedSearch(FLOOD), WordReranker(), lambda: model)
        assert assistant.ask("Who is the mayor of Ossel?").timings.prompt_tokens > 0
