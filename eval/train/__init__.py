"""Makes the small models that ship with the project: read open data, train, quantise, measure."""
