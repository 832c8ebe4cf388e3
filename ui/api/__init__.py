"""The HTTP API for programs: `/v1/answer`, `/v1/search`, OpenAI chat completions, metrics."""
