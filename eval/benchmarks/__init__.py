"""Speed and memory, each figure beside its floor and its bar."""
