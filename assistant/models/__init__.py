"""The model catalogue (models.toml), where its files are, and how missing ones are downloaded."""
