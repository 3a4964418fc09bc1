"""A platform on one Docker Engine: its parts as a table, set-up, state, upgrade and tear-down.

`request` is what a person asks for, `parts` the table, `specification` what that means in containers;
`discovered` finds what is there, by labels; `setup`, `upgrade` and `teardown` bring the one to the other.
Production services are launched by `services.publish`, which `access` tells what it needs. Nothing here
knows a window or a command line, and an engine is asked through `services.containers` only.
"""
