"""Words that mean nearly the same, words that exclude each other, offices, and verb forms."""

SAYING = frozenset(
    "say state announce add claim report explain argue insist note declare warn confirm"
    " believe think tell write suggest acknowledge stress comment remark".split()
)
# what can be said for it in every sentence that we have seen; the first form for the second only
SYNONYMS = {
    "approximately": "about",
    "began": "started",
    "purchased": "bought",
    "bought": "purchased",
    "nearly": "almost",
    "almost": "nearly",
    "attempted": "tried",
    "assisted": "helped",
    "helped": "assisted",
    "residents": "inhabitants",
    "whilst": "while",
    "frequently": "often",
    "often": "frequently",
    "permitted": "allowed",
    "allowed": "permitted",
    "ended": "finished",
    "obtained": "got",
    "received": "was given",
    "constructed": "built",
    "built": "constructed",
    "commenced": "began",
    "required": "needed",
    "rapidly": "quickly",
    "quickly": "rapidly",
    "film": "movie",
    "movie": "film",
    "movies": "films",
    "films": "movies",
    "physicians": "doctors",
    "doctors": "physicians",
    "lawyer": "attorney",
    "attorney": "lawyer",
    "currently": "at present",
    "subsequently": "later",
    "autumn": "fall",
    "enormous": "huge",
    "huge": "enormous",
    "large": "big",
    "assist": "help",
    "purchase": "buy",
    "large-scale": "big",
    "roughly": "about",
    "numerous": "many",
    "many": "numerous",
    "mostly": "mainly",
    "mainly": "mostly",
    "largely": "mostly",
    "several": "a number of",
    "whole": "entire",
    "entire": "whole",
    "accord": "agreement",
    "shut": "closed",
    "demonstrators": "protesters",
    "protesters": "demonstrators",
    "blaze": "fire",
    "children": "kids",
    "inexpensive": "cheap",
    "automobile": "car",
    "cars": "automobiles",
    "infants": "babies",
    "illness": "sickness",
    "aid": "help",
    "however": "though",
    "over": "more than",
}
SYNONYMS_OF = {"said": "stated", "stated": "said", "died": "passed away", "perished": "died"}

EXCLUSIVE = (
    "final/semi-final quarter-final/final win/lose won/lost wins/loses winning/losing"
    " winner/loser victory/defeat rise/fall rose/fell rises/falls rising/falling"
    " increase/decrease increased/decreased increases/decreases increasing/decreasing"
    " before/after first/second second/third third/fourth last/first more/fewer less/more"
    " most/least open/close opened/closed opening/closing opens/closes born/died"
    " north/south northern/southern east/west eastern/western northeast/southwest"
    " northwest/southeast left/right accept/reject accepted/rejected accepts/rejects"
    " begin/end began/ended begins/ends start/end started/ended allow/forbid"
    " allowed/forbidden permitted/banned legal/illegal guilty/innocent convicted/acquitted"
    " alive/dead male/female man/woman men/women boy/girl boys/girls father/mother son/daughter"
    " brother/sister husband/wife uncle/aunt king/queen older/younger oldest/youngest"
    " largest/smallest larger/smaller highest/lowest higher/lower longest/shortest longer/shorter"
    " best/worst better/worse early/late earlier/later earliest/latest morning/evening day/night"
    " above/below inside/outside import/export imports/exports imported/exported buy/sell"
    " bought/sold sells/buys support/oppose supported/opposed supports/opposes success/failure"
    " successful/unsuccessful successfully/unsuccessfully agree/refuse agreed/refused"
    " arrive/leave arrived/left majority/minority public/private urban/rural"
    " domestic/foreign summer/winter spring/autumn cause/prevent caused/prevented"
    " include/exclude included/excluded includes/excludes attack/defend attacked/defended"
    " improve/worsen improved/worsened strong/weak stronger/weaker strengthen/weaken"
    " strengthened/weakened hot/cold warm/cool warmer/cooler heavy/light rich/poor richer/poorer"
    " wealthy/poor young/old maximum/minimum positive/negative safe/dangerous"
    " possible/impossible able/unable likely/unlikely always/never often/rarely never/always"
    " upper/lower gained/lost gain/lose confirmed/denied admitted/denied released/detained"
    " arrested/released pass/fail passed/failed raised/lowered raise/lower reduce/increase"
    " reduced/increased expanded/shrank widow/widower ancient/modern liberal/conservative"
    " conservative/liberal indoor/outdoor visible/invisible temporary/permanent"
    " voluntary/compulsory silver/gold gold/silver bronze/gold dry/wet deep/shallow"
    " thick/thin fast/slow faster/slower previous/next sooner/later presence/absence"
    " present/absent professional/amateur correct/incorrect common/rare frequently/rarely"
    " empty/full top/bottom front/back remained/left joined/left ally/enemy allies/enemies"
    " friend/enemy friends/enemies hired/fired survived/died survivors/victims"
    " created/destroyed built/demolished appointed/dismissed invasion/retreat"
    " single/double monthly/weekly annual/monthly daily/weekly"
).split()
PAIRS: dict[str, str] = {}
for _pair in EXCLUSIVE:
    _one, _other = _pair.split("/")
    PAIRS.setdefault(_one, _other)
    PAIRS.setdefault(_other, _one)

OFFICES = tuple(
    group.split()
    for group in (
        "president senator governor mayor ambassador chancellor minister envoy king bishop"
        " archbishop emperor spokesman treasurer",
        "spokeswoman queen duchess actress",
        "captain coach goalkeeper referee defender midfielder",
        "secretary chairman director manager founder owner treasurer editor spokesman lawyer",
        "professor teacher journalist lawyer judge surgeon engineer pilot architect prosecutor"
        " sheriff economist biologist physicist mathematician historian astronomer psychologist",
        "author actor singer composer painter poet photographer sculptor",
        "general colonel commander lieutenant sergeant admiral",
    )
)
NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December"
).split()

_IRREGULAR = (  # lemma past participle
    "beat beat beaten/become became become/begin began begun/bite bit bitten/blow blew blown"
    "/break broke broken/bring brought brought/build built built/buy bought bought"
    "/catch caught caught/choose chose chosen/come came come/cut cut cut/deal dealt dealt"
    "/draw drew drawn/drive drove driven/drink drank drunk/eat ate eaten/fall fell fallen"
    "/feed fed fed/feel felt felt/fight fought fought/find found found/fly flew flown"
    "/forbid forbade forbidden/forget forgot forgotten/freeze froze frozen/get got got"
    "/give gave given/go went gone/grow grew grown/have had had/hear heard heard/hide hid hidden"
    "/hit hit hit/hold held held/hurt hurt hurt/keep kept kept/know knew known/lay laid laid"
    "/lead led led/leave left left/lend lent lent/let let let/lose lost lost/make made made"
    "/mean meant meant/meet met met/oversee oversaw overseen/overtake overtook overtaken"
    "/overthrow overthrew overthrown/pay paid paid/put put put/quit quit quit/read read read"
    "/ride rode ridden/rise rose risen/run ran run/say said said/see saw seen/seek sought sought"
    "/sell sold sold/send sent sent/set set set/shake shook shaken/shoot shot shot"
    "/show showed shown/shut shut shut/sing sang sung/sink sank sunk/sit sat sat"
    "/sleep slept slept/speak spoke spoken"
    "/spend spent spent/spread spread spread/stand stood stood/steal stole stolen"
    "/stick stuck stuck/strike struck struck/swear swore sworn/sweep swept swept/swim swam swum"
    "/take took taken/teach taught taught/tear tore torn/tell told told/think thought thought"
    "/throw threw thrown/undergo underwent undergone/understand understood understood"
    "/undertake undertook undertaken/wear wore worn/win won won/withdraw withdrew withdrawn"
    "/write wrote written/bear bore borne/bind bound bound/breed bred bred/burst burst burst"
    "/cast cast cast/cost cost cost/dig dug dug/do did done/fit fit fit/foresee foresaw foreseen"
    "/forgive forgave forgiven/grind ground ground/hang hung hung/overcome overcame overcome"
    "/rebuild rebuilt rebuilt/ring rang rung/shed shed shed/slide slid slid/split split split"
    "/spring sprang sprung/uphold upheld upheld/wake woke woken/weave wove woven/wind wound wound"
    "/broadcast broadcast broadcast/flee fled fled/bend bent bent/light lit lit/lie lay lain"
)
PAST = {}
PARTICIPLE = {}
for _verb in _IRREGULAR.split("/"):
    _lemma, _past, _participle = _verb.split()
    PAST[_lemma], PARTICIPLE[_lemma] = _past, _participle
_DOUBLED_ING = frozenset("win hit put cut run set let sit get swim begin shut quit".split())
_DOUBLED = frozenset(
    "stop plan scrap drop admit commit submit permit refer transfer occur prefer ban rob shop grab"
    " slip step strip trap trim equip control rebel expel compel cancel regret chat kidnap".split()
)


def past(lemma: str) -> str:
    """The simple past of a verb.

    >>> [past(verb) for verb in ("win", "carry", "free", "admit", "visit", "play")]
    ['won', 'carried', 'freed', 'admitted', 'visited', 'played']
    """
    if lemma in PAST:
        return PAST[lemma]
    if lemma.endswith("e"):
        return f"{lemma}d"
    if lemma.endswith("y") and lemma[-2:-1] not in "aeiou":
        return f"{lemma[:-1]}ied"
    return f"{lemma}{lemma[-1]}ed" if lemma in _DOUBLED else f"{lemma}ed"


def gerund(lemma: str) -> str:
    """The form in -ing.

    >>> [gerund(verb) for verb in ("win", "take", "see", "die", "visit")]
    ['winning', 'taking', 'seeing', 'dying', 'visiting']
    """
    if lemma in _DOUBLED_ING:
        return f"{lemma}{lemma[-1]}ing"
    if lemma.endswith("ie"):
        return f"{lemma[:-2]}ying"
    if lemma.endswith("e") and not lemma.endswith(("ee", "ye", "oe")):
        return f"{lemma[:-1]}ing"
    return f"{lemma}{lemma[-1]}ing" if lemma in _DOUBLED else f"{lemma}ing"
