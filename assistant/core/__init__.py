"""Values and small services that every part of the assistant uses; loads nothing heavy."""
