"""What can be read from the text of an article: sentences, dates, language, page furniture.

cleaning removes page furniture, chunking cuts sentences and passages, publication_dates,
relative_dates and query_dates resolve days, language detects the language.
"""
