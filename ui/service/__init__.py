"""What the page and the HTTP API use; knows neither HTTP nor HTML.

`answer_service.AnswerService` queues questions (`fair_queue.FairQueue`) and answers them as steps
(`answer_stream`); `article_service.ArticleService` lists and changes the articles. `progress` turns
long work into a stream, `public_errors` says what a visitor and the log may see, `feedback` keeps
votes, `example_questions` suggests what to ask.
"""
