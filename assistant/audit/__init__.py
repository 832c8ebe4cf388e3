"""Receipts: what an answer was made of, written down, and replayed to see whether it is the same.

`receipt_builder.receipt` makes one of an answer, `receipt.save` and `read` are its file,
`replay.replay` asks again and compares.
"""
