"""Whether "he" or "she" may be a person is told by the article."""

import pytest

from assistant.kinds.quotations.pronouns import agrees
from index.core.articles import Article
from tests.fakes import evidence_of


@pytest.mark.parametrize(
    ("text", "he", "she"),
    [
        ("Ada Venn said she was ill.", False, True),
        ("Mr. Venn left.", True, False),
        ("Venn met Jon Pell, who lost his hat.", True, True),  # his hat is Pell's
        ("Venn left. She was ill.", True, True),
        ("Venn said “he lost” and took her hat.", False, True),
    ],
)
def test_the_pronouns_and_titles_of_a_surname_decide(text, he, she):
    article = evidence_of(Article("/n/a.txt", "Venn", text))
    assert [agrees(word, "Ada Venn", article) for word in ("he", "she")] == [he, she]
