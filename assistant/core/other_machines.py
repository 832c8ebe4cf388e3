"""Says, once a run, that questions or articles go to another machine."""

from functools import cache
from urllib.parse import urlsplit

from assistant.core.console import remarks
from assistant.core.settings import Settings, value_in, value_of
from index.core.addresses import is_http, is_loopback

SENT = {
    "engine": "Questions and sentences of articles",
    "embedder": "Questions and articles",
    "vectors": "The vectors of questions and articles",
}


def announce(settings: Settings, *sections: str) -> None:
    """Say which of these servers, or of all, are not this machine, before they are used."""
    for section in sections or SENT:
        url = value_in(settings, f"{section}.url")
        if is_http(url) and not is_loopback(urlsplit(url).hostname or ""):
            shown = value_of(settings, f"{section}.url")
            _say(f"{SENT[section]} go to {shown} ({section}.url), which is not this machine.")


@cache  # once a run
def _say(text: str) -> None:
    remarks([text])
