"""What rules read from text: sentences, words, entities, dates, language, page furniture."""
