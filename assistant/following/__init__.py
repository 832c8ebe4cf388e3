"""Standing questions: what newly indexed articles say about them that was not known before."""
