"""Checks what the model wrote: attribution, entities, arithmetic, contradictions, abstention."""
