"""Language models behind one protocol, `language_model.LanguageModel`."""
