"""Text to unit vectors: ONNX in process, sentence-transformers, or an OpenAI-compatible server.

embedders has the protocol and the two local ones, onnx_model runs ONNX files (also for the
reranker), openai_embedder asks a server, vector_cache keeps vectors by text, background_embedder
embeds while files are still read.
"""
