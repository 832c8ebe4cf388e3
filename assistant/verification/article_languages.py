"""What an answer says where the articles that it rests on are not in English.

Names and words are compared in any language; grammar and relative days are read in English only.
"""

from dataclasses import replace

from assistant.core.answer import Answer
from index.core.articles import Article
from index.text.language import name_of


def with_languages(answer: Answer) -> Answer:
    """The answer with a caveat for cited articles, a refusal that names the nearest one's language.

    A refusal of a question that is itself not in English says it already.
    """
    if answer.refusal:
        return _refused(answer)
    cited = (citation.article for citation in answer.citations)
    named = sorted({name_of(article.language) for article in cited if _is_other(article)})
    if not named:
        return answer
    caveat = (
        f"What is cited is in {' and '.join(named)}: only English is checked, so read it yourself."
    )
    return replace(answer, caveats=(*answer.caveats, caveat))


def _refused(answer: Answer) -> Answer:
    nearest = max(answer.evidence, key=lambda item: item.relevance, default=None)
    refusal = answer.refusal
    if not (refusal and nearest and _is_other(nearest.article)):
        return answer
    if refusal.code == "other_language":
        return answer
    language = name_of(nearest.article.language)
    why = f"The nearest article is in {language}: only English is checked, so read it yourself."
    return replace(answer, refusal=replace(refusal, reason=f"{refusal.reason} {why}"))


def _is_other(article: Article) -> bool:
    return article.language not in ("", "en")
