"""How much may be uploaded at once."""

MAX_FILES = 50  # of one upload
MAX_FILE_BYTES = 20_000_000  # as many as an ingest reads of one file
MAX_REQUEST_BYTES = 64 * 1024 * 1024  # several files in one request
