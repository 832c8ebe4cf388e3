"""Values and small services that every part of the assistant uses; loads nothing heavy.

Public names: `answer.Answer` with `Claim`, `Citation`, `Evidence` and `Turn`; `query.Query`;
`settings.load` and `Settings`; `sanitize.for_prompt`, `for_answer` and `for_terminal`;
`console.say` and `note`; `code_version.code_version`.
"""
