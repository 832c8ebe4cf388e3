"""Where answers come from, behind one protocol, and their JSON form.

The commands that ask use an `answer_backend.AnswerBackend`: `local.LocalBackend` answers in this
process, `server_client.ServerClient` asks the server of `assistant ui` if one runs with the same
settings. `serialization.to_json` is the one JSON schema of both, of the HTTP API, of receipts and
of evaluation runs; `wire_models` validates what is sent back.
"""
