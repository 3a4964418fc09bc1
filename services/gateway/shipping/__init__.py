"""From the spool to the store: batches in order, delivered at least once, repeated rows told apart.

What waits is the spool's business; what the store looks like is known to `delivery` alone.
"""
