"""Text to unit vectors: ONNX in process, sentence-transformers, or an OpenAI-compatible server.

vector_cache keeps vectors by text hash; background_embedder embeds while files are still read.
"""
