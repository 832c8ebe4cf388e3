"""From a question to an answer: rewrite, retrieve, select, prompt, generate, attribute, judge.

`pipeline.Assistant` calls `query_rewriting`, `sentence_selection`, `prompting` (after
`prompt_continuation` in a conversation), `generation` and `assistant.verification` in this order.
`prefix_cache` reuses the model's state of articles, `prefill` reads drafts and articles while
nobody asks.
"""
