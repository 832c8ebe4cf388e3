"""A folder with a file of every format, good and bad ones, through `assistant ingest`."""

import json

import pytest

from tests.command_line import CommandLine
from tests.index.readers.test_formats import DAMAGED, GOOD


@pytest.fixture
def assistant(tmp_path, monkeypatch, capsys):
    (tmp_path / "news").mkdir()
    return CommandLine(tmp_path, monkeypatch, capsys)


def test_a_folder_of_every_format_is_ingested_and_no_file_breaks_another(assistant):
    bad = [(f"bad{n}.{name.rpartition('.')[2]}", data) for n, (name, data, _) in enumerate(DAMAGED)]
    for name, data in [*((name, data) for name, data, *_ in GOOD), *bad]:
        path = assistant.root / "news" / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    out, _ = assistant("ingest", "news", "--json", code=3)
    skipped = {
        skip["path"].rpartition("/")[2].partition("#")[0] for skip in json.loads(out)["skips"]
    }
    assert skipped == {name for name, _ in bad}
    listed = json.loads(assistant("articles", "list", "--json")[0])
    files = {article["path"].partition("/news/")[2].partition("#")[0] for article in listed}
    assert files == {name for name, *_ in GOOD}
    again = json.loads(assistant("ingest", "news", "--json", code=3)[0])
    # a file of an unknown suffix is not looked into, and is counted as skipped only
    assert (again["new"], again["unchanged_files"]) == (0, len(GOOD) + len(bad) - 2)
