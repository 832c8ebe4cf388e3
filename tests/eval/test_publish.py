"""Runs as one page, beside what others have published."""

from eval.reporting.publish import publish
from tests.made_runs import case, write


def test_a_row_a_run_with_intervals_and_the_peer_beside_it(tmp_path):
    ours = write(tmp_path / "ours", [case(n, right=n % 2 == 0) for n in range(10)], mode="answers")
    peer = write(tmp_path / "peer", [case(0, right=False)], mode="llamaindex")
    publish([peer, ours], tmp_path / "quality.md")
    page = (tmp_path / "quality.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| sample |")]
    assert [row.split(" | ")[1] for row in rows] == ["ours", "LlamaIndex"]
    assert " | 10 | 50.0 % [" in rows[0] and " | 1 | 0.0 % [" in rows[1]
    assert "| – |" in rows[0]  # nothing was unanswerable


def test_what_others_publish_stands_with_its_source_and_what_differs(tmp_path):
    run = write(tmp_path / "run", [case(0)], mode="answers")
    publish([run], tmp_path / "quality.md")
    page = (tmp_path / "quality.md").read_text()
    assert "| 51.5 % / 74.5 % | Liu, Zhang and Liang 2023" in page
