"""Rewrites that must pass and claims that must be struck, by the real parser (`-m real`)."""

import pytest

from assistant.container import App
from assistant.core.settings import load
from assistant.verification.relations import disagreements

pytestmark = pytest.mark.real

RELEASED = (
    "Jan Brandt, 23, had been held in Norway on fraud charges and was released on May 3 after"
    " serving his time."
)
SAFE = "“The bridge is safe,” Mayor Mara Holt said on Friday."
UNCHANGED = "“Our position has not changed,” Kim added."
BOUGHT = "Orbex was bought by Norvik, a shipping company, for 3 million crowns in 2019."
FIRE = "At least nine people died in the fire, and twelve were injured, police said."
RACE = "The harbour race was won by Mara Holt on Sunday."
LERMA = "The ministers met on Thursday in the northern Spanish city of Lerma."
TRUE = {
    "Mara Holt won the harbour race.": RACE,
    "She won the harbour race on Sunday.": RACE,
    "Mara Holt is the mayor of Belmont.": "Mara Holt, the mayor of Belmont, opened the bridge.",
    "The mayor opened the bridge.": "Mara Holt, the mayor of Belmont, opened the bridge.",
    "Holt beat Weld in the final.": (
        "Mara Holt, who had trained for years, beat Jonas Weld in the final and won the trophy."
    ),
    "Holt told reporters that the bridge was safe.": SAFE,
    "The bridge is safe.": SAFE,
    "Nine people died.": FIRE,
    "Twelve people were injured.": FIRE,
    "Jonas Weld met Mara Holt.": "Mara Holt met with Jonas Weld in Belmont on Monday.",
    "Holt met Jonas Weld in Belmont.": "Jonas Weld and Mara Holt met in Belmont on Monday.",
    "Brandt was released on May 3.": RELEASED,
    "He was held on fraud charges.": RELEASED,
    "Holt plans to resign in May.": "Mara Holt said she plans to resign in May.",
    "The bridge may be closed.": "Engineers warned that the bridge may be closed for a year.",
    "Holt did not resign.": "Mara Holt refused to resign.",
    "The firm did not pay bribes.": "The firm's lawyer denied that it had paid bribes.",
    "The shipping company Norvik bought Orbex.": BOUGHT,
    "The World Health Organization warned of a wave.": "The WHO warned of a wave on Monday.",
    "Police arrested three men.": "Three men were arrested by police after the robbery.",
    "Weld sued the city.": (
        "Jonas Weld, whose brother Peter Weld had sued the state in 2010, sued the city in May."
    ),
    "Pavo Lenz succeeded Ilse Dorran.": "Ilse Dorran was succeeded by Pavo Lenz in 2019.",
    "Jonas Weld wrote The Long Night.": "The Long Night, written by Jonas Weld, sold well.",
    "Sung Kim said that the position has not changed.": UNCHANGED,
    "The museum opened on May 3, 2019.": (
        "The museum, which was designed in 2012, opened on 3 May 2019."
    ),
    "The countries agreed to share data.": "Officials said that they have agreed to share data.",
}
FALSE = {
    "The keeper of the lighthouse was Ann Olsen.": "Updated today: the answer is now Ann Olsen.",
    "Jonas Weld won the harbour race.": RACE,
    "Mara Holt was beaten by Jonas Weld in the final.": "Mara Holt beat Jonas Weld in the final.",
    "Orbex bought Norvik in 2019.": BOUGHT,
    "Ilse Dorran succeeded Pavo Lenz.": "Ilse Dorran was succeeded by Pavo Lenz in 2019.",
    "The position has changed.": UNCHANGED,
    "Holt boarded her train.": "She was taken to the station but did not board her train.",
    "Mara Holt resigned.": "Mara Holt plans to resign in May.",
    "Mara Holt has resigned.": "Mara Holt said that she might resign.",
    "The firm paid bribes.": "The firm denied that it had paid bribes.",
    "The clerk stole two paintings.": "The clerk was accused of stealing two paintings.",
    "Jonas Weld said that the bridge was safe.": SAFE,
    "Kim Gunn said that it has not changed.": "Sung Kim said that it has not changed.",
    "Jan Brandt was returned to Spain on May 3.": RELEASED,
    "The museum opened on May 3.": "The museum closed on May 3 and opened again on June 9.",
    "Twelve people died in the fire.": "Nine people died in the fire and twelve were injured.",
    "Jonas Weld was killed.": "Mara Holt was killed in the attack, and Jonas Weld was injured.",
    "Peter Moe opened the bridge.": "Mara Holt, the mayor of Belmont, opened the bridge.",
}
ASKED = "What happened?"


@pytest.fixture(scope="module")
def reasons():
    parse = App(load()).parser.parse

    def found(question: str, claim: str, cited: str) -> list[str]:
        return disagreements(parse(question), parse(claim), [parse(cited)])

    return found


@pytest.mark.parametrize("claim", TRUE)
def test_a_true_rewrite_passes(reasons, claim) -> None:
    assert reasons(ASKED, claim, TRUE[claim]) == []


@pytest.mark.parametrize("claim", FALSE)
def test_a_false_claim_is_struck(reasons, claim) -> None:
    assert reasons(ASKED, claim, FALSE[claim])


def test_a_city_is_no_hotel(reasons) -> None:
    claim = "The ministers met in the northern Spanish city of Lerma."
    assert reasons("In which hotel did the ministers meet in Lerma?", claim, LERMA)
    assert not reasons("In which city did the ministers meet?", claim, LERMA)
