"""What every part of the assistant uses: settings, answers as values, sanitising, the console."""
