"""Answers questions from indexed news articles, with the sentences that prove each answer.

From Python::

    from assistant.container import App

    app = App.open()
    answer = app.assistant.ask("Who is the ROK special representative?")
    print(answer.text, [citation.quote for citation in answer.citations])

`core` holds the values, `llm` the engines, `answering` and `verification` the pipeline, `backends`
the two ways to reach it (this process or a running server), `cli` the commands.
"""
