"""The HTTP API for programs.

`routes` are `/v1/answer`, `/v1/search` and OpenAI's chat completions (`openai_chat`); `schemas` are
the request bodies, `answer_request` runs one question of a request, `errors` are the error replies.
`metrics` is for Prometheus, `api_docs` the page of all routes.
"""
