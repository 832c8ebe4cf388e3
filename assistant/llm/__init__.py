"""Language models behind one protocol, `language_model.LanguageModel`.

`llamacpp` runs a GGUF file in this process, `openai_server` calls a server; `chat_template`,
`kv_state_store` and `cache_budget` serve the former.
"""
