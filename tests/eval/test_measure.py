"""The table of a benchmark: thresholds and medians."""

import json

import pytest

from eval.benchmarks.measure import Table, medians
from index.core.errors import UserError


def test_a_table_counts_missed_thresholds_and_keeps_its_figures(tmp_path, capsys):
    table = Table({"seconds": ("<=", 1), "share": (">=", 0.9)})
    table.add("start", {"seconds": 2.0, "share": 0.95, "other": 3.0})
    table.write(tmp_path / "f.json")
    assert table.missed == 1
    assert json.loads((tmp_path / "f.json").read_text()) == {
        "start": {"seconds": 2.0, "share": 0.95, "other": 3.0}
    }
    rows = [row.split() for row in capsys.readouterr().out.splitlines() if row.startswith("  ")]
    assert [row[-1] for row in rows] == ["MISSED)", "met)", "3.000"]


def test_medians_are_taken_by_figure_and_need_a_row():
    assert medians([{"a": 1, "b": 9}, {"a": 3, "b": 7}, {"a": 2, "b": 8}]) == {"a": 2, "b": 8}
    with pytest.raises(UserError):
        medians([])
