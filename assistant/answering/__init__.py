"""A question to an answer: rewrite, retrieve, select, prompt, generate, attribute, judge.

`pipeline.Assistant` tells the story; attribution and judging are in `assistant.verification`.
"""
