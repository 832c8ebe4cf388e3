"""From a question to an answer: rewrite, retrieve, select, prompt, generate, attribute, judge."""
