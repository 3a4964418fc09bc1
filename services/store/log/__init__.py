"""What is the same in every driver's log: reading past gaps, packing and several writers; packing itself.

A driver gives blobs, chunks and segments as `PackableLog` asks for them; no statement belongs here.
"""
