"""What happened when: dated events in order."""
