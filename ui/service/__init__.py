"""Queues questions for the model and manages articles; knows neither HTTP nor HTML."""
