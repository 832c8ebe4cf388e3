"""Values and rules everything else speaks in; imports nothing of the project.

`Article`, `Passage`, `Skip` and `Note` (articles), `Filters` (filters), raw records and limits (records),
the error tree (errors), disk access (disk), loopback addresses (addresses), cooperative cancellation.
"""
