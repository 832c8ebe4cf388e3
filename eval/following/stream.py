"""Twenty stories over thirty days, made by code: new facts, restated ones, copies, corrections.

Each story has its own place and people; a fact is told once as news and later restated in other
words. Every text is invented.
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

START = dt.date(2031, 3, 3)
DAYS = 30
STORIES = 20
NEWS = 0.6  # of the days on which a story has an article
COPY = 0.3  # of the articles, that another paper carries them
CORRECTION = 0.12  # of the articles, that are corrected on the next day

_PLACES = (
    "Arvelle Bronsk Caldra Dunmere Estova Farrow Gellin Hartuk Ingrad Jarrow Kesmor Lindra"
    " Morvane Nestrel Orlin Pasko Quarne Rudova Selwick Tamsin"
).split()
_SURNAMES = (
    "Abrel Bostan Corwin Dravec Ellery Fontan Gribbe Holman Istvar Jendry Kowal Lasker Mirren"
    " Novik Ostrom Pellar Quist Rostan Sanjic Tolland"
).split()
# what sets the articles of one story apart from those of another: else they are near copies
_BACKGROUND = (
    "The town lies on the old salt road and has lived from its market for four centuries.",
    "Half of its people work in the glass works on the northern bank.",
    "It is known for a cathedral whose tower was never finished.",
    "A university was founded there after the war by a bequest of a brewer.",
    "Its harbour froze for eleven weeks in the winter before last.",
    "The region elects two members of parliament, both of them farmers.",
    "Tourists come in summer for the hot springs below the castle hill.",
    "The last census counted fewer inhabitants than at any time since 1950.",
    "A film about its fishermen won a prize abroad three years ago.",
    "Its football club plays in the second division and owns no stadium.",
    "The public library keeps the diaries of an explorer of the Arctic.",
    "Vineyards were planted on its southern slopes only a decade ago.",
    "The road to the capital is closed to lorries on Sundays.",
    "Its theatre burnt down twice and was rebuilt by subscription.",
    "A meteorite that fell there can be seen in the town hall.",
    "Most of its houses are painted in the colours of the guilds.",
    "The airport serves one line to the coast and a flying school.",
    "Its bakers still sell a bread of rye and chestnuts.",
    "A monument on the square remembers a strike of weavers.",
    "The valley has more registered beehives than people.",
)
_FIRST = "Ada Bela Cyril Dora Emil Fenja Goran Hilde Igor Jana".split()

# a kind of story: what is followed, and its facts as (news, restated)
_KINDS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "the flood in {place}",
        (
            ("The flood in {place} killed {n} people, the rescue service said.",
             "The water had taken {n} lives in {place}, by the rescue service's count."),
            ("The river Oss in {place} broke its dike at two points during the night.",
             "In the night the dike of the Oss gave way in two places near {place}."),
            ("{name}, the mayor of {place}, asked the army for {m} soldiers.",
             "Mayor {surname} had called for {m} soldiers to be sent to {place}."),
            ("The school of {place} became a shelter for {k} families.",
             "{k} families had found shelter in {place}'s school."),
            ("Engineers in {place} closed the railway bridge because its pillars had moved.",
             "The railway bridge of {place} had been shut after its pillars shifted."),
            ("The drinking water of {place} has to be boiled until further notice.",
             "People of {place} were still told to boil their drinking water."),
            ("The insurer Halden put the damage in {place} at {m} million crowns.",
             "Damage of {m} million crowns in {place} was the estimate of the insurer Halden."),
            ("Divers found a missing bus near {place} with nobody on board.",
             "The bus that had been missing near {place} was found empty by divers."),
            ("Parliament voted {k} million crowns of aid for {place}.",
             "Aid of {k} million crowns for {place} had passed parliament."),
            ("A second wave passed {place} on Sunday without breaking the new dike.",
             "The new dike of {place} had held when a second wave came on Sunday."),
            ("The hospital of {place} reopened its emergency ward.",
             "In {place} the emergency ward of the hospital was open again."),
            ("Prosecutors opened an inquiry into the upkeep of the dike in {place}.",
             "How the dike of {place} was kept is the subject of a prosecutors' inquiry."),
        ),
    ),
    (
        "the trial of {name}",
        (
            ("The trial of {name}, a former minister, opened in {place} on charges of bribery.",
             "{surname}, once a minister, stands trial in {place} over alleged bribes."),
            ("{name} pleaded not guilty before the court in {place}.",
             "{surname} had told the court in {place} that the charges were wrong."),
            ("A driver told the court that he carried {n} envelopes to {name}'s house.",
             "{n} envelopes for {surname} had been described by a driver in court."),
            ("The judge allowed telephone records of {name} as evidence.",
             "Phone records of {surname} had been admitted by the judge."),
            ("The defence of {name} called an accountant who disputed the sum of {m} million.",
             "An accountant for {surname}'s side had cast doubt on the {m} million."),
            ("The trial of {name} was interrupted for a week because a juror fell ill.",
             "An ill juror had stopped {surname}'s trial for a week."),
            ("Prosecutors demanded {k} months of prison for {name}.",
             "{k} months in prison is what prosecutors had asked for {surname}."),
            ("The brother of {name} refused to give evidence.",
             "{surname}'s brother had declined to testify."),
            ("The court of {place} moved the trial of {name} to a larger hall.",
             "A larger hall in {place} had been found for {surname}'s trial."),
            ("A bank in Lorn confirmed an account in the name of {name}.",
             "That {surname} held an account in Lorn was confirmed by a bank there."),
            ("The lawyers of {name} asked for a new expert on handwriting.",
             "Another handwriting expert had been requested by {surname}'s lawyers."),
            ("The court found {name} guilty and set a fine of {n} million crowns.",
             "A fine of {n} million crowns had followed the guilty verdict on {surname}."),
        ),
    ),
    (
        "the strike at the {place} shipyard",
        (
            ("Some {m} welders at the {place} shipyard stopped work over pay.",
             "Pay is why {m} welders had walked out of the yard in {place}."),
            ("The union leader {name} demanded {n} percent more for the {place} shipyard.",
             "{n} percent more is the demand of union leader {surname} in {place}."),
            ("The {place} shipyard offered a single payment of {k} crowns.",
             "A one-off {k} crowns had been on offer from the yard in {place}."),
            ("Dockers in {place} joined the welders of the shipyard.",
             "The welders in {place} had been joined by the dockers."),
            ("A ferry for Norvik will leave the {place} shipyard {n} weeks late.",
             "Norvik's ferry is {n} weeks late because of the strike in {place}."),
            ("The labour minister invited both sides of the {place} strike to talks.",
             "Both sides in {place} had been asked to talks by the labour minister."),
            ("Talks about the {place} shipyard broke down after nine hours.",
             "Nine hours of talks about the yard in {place} had ended without result."),
            ("A court in {place} forbade the pickets to block the main gate.",
             "The main gate in {place} may not be blocked, a court had ruled."),
            ("The {place} shipyard sent {k} apprentices home.",
             "{k} apprentices of the yard in {place} had been told to stay at home."),
            ("The union paid strikers in {place} from a fund of {m} thousand crowns.",
             "Strikers in {place} lived on a union fund of {m} thousand crowns."),
            ("The owner of the {place} shipyard accepted an arbiter, the judge Olga Brandt.",
             "Judge Olga Brandt had been accepted as arbiter by the yard's owner in {place}."),
            ("The welders of {place} voted to return to work on Monday.",
             "A vote in {place} had decided for a return to work on Monday."),
        ),
    ),
    (
        "the takeover of {place} Mills",
        (
            ("The grain trader Corvex offered {m} million crowns for {place} Mills.",
             "Corvex had bid {m} million crowns for the company {place} Mills."),
            ("The board of {place} Mills, led by {name}, rejected the offer as too low.",
             "Too low, {surname}'s board at {place} Mills had said of the offer."),
            ("A pension fund sold {n} percent of {place} Mills to Corvex.",
             "{n} percent of {place} Mills had gone to Corvex from a pension fund."),
            ("The competition office opened an examination of the {place} Mills deal.",
             "The deal over {place} Mills was under examination by the competition office."),
            ("Workers of {place} Mills asked for a guarantee of {k} jobs.",
             "A guarantee for {k} jobs had been requested by the staff of {place} Mills."),
            ("Shares of {place} Mills rose to a record at the exchange in Lorn.",
             "At the exchange in Lorn {place} Mills had reached a record price."),
            ("A second bidder, the Dutch group Hollander, looked at the books of {place} Mills.",
             "Hollander of the Netherlands had been shown the books of {place} Mills."),
            ("Corvex extended its offer for {place} Mills until the end of the month.",
             "Until the month's end Corvex's offer for {place} Mills stands."),
            ("The farm minister called the sale of {place} Mills a matter of food security.",
             "Food security is at stake in {place} Mills, by the farm minister's word."),
            ("{place} Mills reported a quarterly profit of {k} million crowns.",
             "A profit of {k} million crowns a quarter had been reported by {place} Mills."),
            ("The founder's family said that it would keep its share of {place} Mills.",
             "The family of the founder had no wish to sell its part of {place} Mills."),
            ("The competition office allowed the sale of {place} Mills without conditions.",
             "No condition had been set for the sale of {place} Mills by the office."),
        ),
    ),
    (
        "the tunnel at {place}",
        (
            ("Workers began to bore the tunnel at {place} with a machine of {k} tonnes.",
             "A machine of {k} tonnes had started on the tunnel at {place}."),
            ("The tunnel at {place} will cost {m} million crowns, the railway said.",
             "The railway had put the price of the tunnel at {place} at {m} million crowns."),
            ("A spring broke into the tunnel at {place} and stopped the work.",
             "Water from a spring had halted work in the tunnel at {place}."),
            ("Archaeologists found Roman coins beside the tunnel at {place}.",
             "Beside the tunnel at {place} Roman coins had come to light."),
            ("The engineer {name} took over the tunnel at {place}.",
             "Engineer {surname} had been put in charge of the tunnel at {place}."),
            ("Residents of {place} sued the railway because of cracks in {n} houses.",
             "Cracks in {n} houses had brought the railway a lawsuit from {place}."),
            ("The European bank lent {k} million crowns for the tunnel at {place}.",
             "A loan of {k} million crowns for {place}'s tunnel came from the European bank."),
            ("Two workers were hurt by a falling beam in the tunnel at {place}.",
             "A beam had injured two workers in {place}'s tunnel."),
            ("The tunnel at {place} reached half of its length of {n} kilometres.",
             "Half of the {n} kilometres under {place} had been bored."),
            ("Inspectors found the concrete of the tunnel at {place} too thin.",
             "Concrete too thin had been noted by inspectors in {place}'s tunnel."),
            ("The railway moved the opening of the tunnel at {place} to the autumn.",
             "The opening at {place} had been put off to the autumn by the railway."),
            ("The first train passed the tunnel at {place} without passengers.",
             "Without passengers a first train had gone through under {place}."),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """One article of the stream.

    `new` are sentences with facts that no earlier article has, `restated` those that repeat one.
    A copy has neither. `corrects` is the sentence that a correction puts right.
    """

    name: str
    day: dt.date
    story: int
    text: str
    new: tuple[str, ...] = ()
    restated: tuple[str, ...] = ()
    corrects: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """What is followed, and the facts in the order in which they are told."""

    topic: str
    facts: tuple[tuple[str, str], ...]


def stories(seed: int) -> list[Story]:
    """Twenty stories, four of each kind, with names and numbers of their own."""
    chance = random.Random(seed)
    found = []
    for number, (_, (topic, facts)) in enumerate(product(range(STORIES // 5), _KINDS)):
        first, surname = _FIRST[number % 10], _SURNAMES[number]
        slots = {"place": _PLACES[number], "name": f"{first} {surname}", "surname": surname}
        told = []
        for news, restated in facts:
            numbers = {
                "n": str(chance.randint(5, 29)),
                "m": str(chance.randint(110, 980)),
                "k": str(chance.randint(31, 99)),
            }
            values = {**slots, **numbers}
            told.append((news.format(**values), restated.format(**values)))
        rest = told[1:]
        chance.shuffle(rest)
        found.append(Story(topic.format(**slots), (told[0], *rest)))
    return found


def stream(seed: int, days: int = DAYS) -> Iterator[tuple[dt.date, list[Planted]]]:
    """The articles of each day."""
    chance = random.Random(seed + 1)
    all_stories = stories(seed)
    told = [0] * len(all_stories)
    due: list[Planted] = []
    for number in range(days):
        day = START + dt.timedelta(number)
        articles, due = due, []
        for index, story in enumerate(all_stories):
            if told[index] == len(story.facts) or chance.random() > NEWS:
                continue
            made = _article(story, index, told[index], day, chance)
            told[index] += 1
            articles.append(made)
            if chance.random() < COPY:
                articles.append(_copy(made))
            if chance.random() < CORRECTION and (corrected := _correction(made, chance)):
                due.append(corrected)
        yield day, articles


def _article(story: Story, index: int, at: int, day: dt.date, chance: random.Random) -> Planted:
    news = story.facts[at][0]
    older = list(range(at))
    restated = tuple(story.facts[i][1] for i in chance.sample(older, min(2, len(older))))
    title = f"{story.topic[:1].upper()}{story.topic[1:]}: report {at + 1}"
    about = _BACKGROUND[index], _BACKGROUND[index - 7]
    body = "\n\n".join((news, *restated, *about, "More is expected in the coming days."))
    text = _file(title, day, "Morning Ledger", f"https://ledger.example/{index}/{at}", body)
    return Planted(f"story{index:02}-{at:02}.txt", day, index, text, (news,), restated)


def _copy(of: Planted) -> Planted:
    text = of.text.replace("Morning Ledger", "Evening Star").replace(
        "https://ledger", "https://star"
    )
    text = text.replace("More is expected", "More is awaited")
    return Planted(of.name.replace(".txt", "-copy.txt"), of.day, of.story, text)


def _correction(of: Planted, chance: random.Random) -> Planted | None:
    """The next day's version of an article, with another number in its news."""
    news = of.new[0]
    numbers = [word for word in news.replace(",", " ").split() if word.isdigit()]
    if not numbers:
        return None
    right = news.replace(numbers[0], str(int(numbers[0]) + chance.randint(2, 9)), 1)
    day = of.day + dt.timedelta(1)
    note = f"Correction: an earlier version of this article gave {numbers[0]}."
    text = of.text.replace(news, f"{right}\n\n{note}").replace(str(of.day), str(day))
    name = of.name.replace(".txt", "-corrected.txt")
    return Planted(name, day, of.story, text, (right,), of.restated, news)


def _file(title: str, day: dt.date, source: str, url: str, body: str) -> str:
    return f"Title: {title}\nDate: {day}\nSource: {source}\nURL: {url}\n\n{body}\n"
