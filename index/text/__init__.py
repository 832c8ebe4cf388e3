"""What can be read from text by rules: sentences, words, entities, dates, language, page furniture.

cleaning makes an Article of a raw record; chunking cuts sentences and passages; words and entities
are what claims are compared by; publication_dates, relative_dates and query_dates resolve dates,
all by calendar_terms; question is a question analysed once; language detects the language.
"""
