"""Profiles: where a platform is, and how an embedded one is kept in a workspace folder.

A profile holds addresses and names, never a password or token: those are in the system's keyring, or,
for an embedded workspace, in its own token file that only its owner can read.
"""
