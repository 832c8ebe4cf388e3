"""Text to unit vectors: ONNX in process, sentence-transformers, or an OpenAI-compatible server."""
