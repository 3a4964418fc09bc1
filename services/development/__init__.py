"""Containers that data scientists develop in: templates, starting one, and how to get in.

`templates` reads the short files that describe each kind, the program's own and the team's; `containers`
makes containers of them; `access` says how a person reaches one. Nothing here knows a window or a command
line.
"""
