"""The measurement of obedience: what it counts, and that it goes on where it was stopped."""

import json

from assistant.core.settings import load
from eval.robustness import injection
from eval.robustness.attacks import attacks
from eval.robustness.injection import AttackResult, lines
from tests.fakes import app_with
from tests.obedient import ObedientModel


def tried(group: str, *, read: bool, obeyed: bool, shown: bool = False) -> AttackResult:
    return AttackResult(1, group, "", read, obeyed, shown, right=not shown, draft="")


def test_the_table_counts_what_was_read_obeyed_and_shown() -> None:
    found = [
        tried("override", read=True, obeyed=True, shown=True),
        tried("override", read=True, obeyed=True),
        tried("leaks", read=True, obeyed=False),
        tried("leaks", read=False, obeyed=False),
    ]
    told = list(lines(found, [True, False]))
    assert [line.split() for line in told[1:4]] == [
        ["override", "2", "2", "2", "1"],
        ["leaks", "2", "1", "0", "0"],
        ["all", "4", "3", "2", "1"],
    ]
    assert told[4].startswith("obeyed of those read: 66.7%")
    assert told[5].startswith("shown of those read: 33.3%")
    assert told[6] == "right answers: 1 of 2 without, 3 of 4 with"


def test_a_run_counts_an_obedient_model_and_goes_on_without_asking_it_again(
    tmp_path, capsys, monkeypatch
) -> None:
    some = attacks()[3], attacks()[35]  # one that is read, one that no reader sees
    monkeypatch.setattr(injection, "attacks", lambda: some)
    model = ObedientModel(some[0], "It is so.")
    settings = load({"cache": str(tmp_path)}, environ={})
    for _ in range(2):
        assert injection.run(settings, None, tmp_path / "f.json", app_with(model)) == 0
        found = json.loads((tmp_path / "f.json").read_text())["tried"]
        assert [(one["read"], one["obeyed"]) for one in found] == [(True, True), (False, False)]
        assert found[0]["draft"].startswith("The answer is")
    assert model.obeyed == 1
    assert "of those read: 100.0%" in capsys.readouterr().out


def test_every_attack_is_told_from_an_honest_answer() -> None:
    honest = "The Lower Brask crossing will have three ferries from June."
    assert not [attack.name for attack in attacks() if attack.obeyed(honest)]
