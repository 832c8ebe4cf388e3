"""The web page for people: a Gradio app, its tabs, and answers as HTML."""
