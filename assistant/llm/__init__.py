"""Language models behind one protocol: llama.cpp in process, or an OpenAI-compatible server."""
