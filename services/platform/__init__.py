"""A platform of containers: its parts as a table, set-up, status, upgrade, backup and tear-down.

`request` is what a person asks for, `parts` the table, `specification` what that means in containers;
`discovery` finds what is there, by labels, and `recovery` what is only left beside the data; `setup`,
`upgrade` and `teardown` bring the one to the other. Versions are launched by `services.publish`, which
`launch_target` tells what it needs. Nothing here knows a window or a command line, nor which kind of host
its containers run on: that is asked through the interface of `services.containers`.
"""
