"""Source cards measured: excerpts of open articles, verbatim, edited by code, and absent."""
