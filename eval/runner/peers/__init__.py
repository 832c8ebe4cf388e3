"""Other pipelines that answer the same cases with the same model on the same machine."""
