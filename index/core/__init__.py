"""Values and rules that everything else uses; imports nothing of the project."""
