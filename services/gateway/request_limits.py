"""How much a request may bring, so that whatever is acknowledged can be stored.

A blob of the log stays below 1,000,000 bytes, and a row is never parted. So one row's inputs, scores and
texts together stay below it: `SIGNATURE_BYTES` for what is there without any text, `ROW_TEXT_BYTES` for the
texts.
"""

BODY_BYTES = 32 << 20
"""Of a request's body, where the operation says nothing else."""
LARGEST_INTEGER = 2**53
LONGEST_TEXT = 4096
"""Characters of one text: an input, a class, a label, a reason."""
LONGEST_REVISION = 128
"""Characters; a sha256 has 64."""
MOST_ROWS = 50_000
"""Instances in a prediction request, or labels in one of labels."""
ROW_TEXT_BYTES = 400_000
"""Of the texts of one row together, in UTF-8."""
SIGNATURE_BYTES = 300_000
"""Of one row of a version without its texts, as the log keeps it: about 900 inputs, or 1,000 classes."""
ENTRY_BYTES = 500_000
"""Of the body of a request that becomes one entry of the registry."""
