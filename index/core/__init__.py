"""Values and rules that everything else uses; imports nothing of the project.

`Article`, `Passage`, `Skip` and `Note` (articles), `Filters` (filters), raw records, field names
and limits of files (records), the error tree (errors), atomic writes and hashes of files (disk,
file_hashes), a key-value cache (key_value_cache), cooperative cancellation (cancellation),
loopback addresses (addresses), the number of processor cores (cpu_cores).
"""
