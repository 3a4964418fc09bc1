"""The base of the pages over a Docker Engine: their frame, their long actions, and streams of the engine.

`page` places banner, host and panes, `bar` holds those parts, `actions` runs what takes long, with sign-in
and build output, `stream_follower` brings logs, usages and terminals to the GUI thread. What one page alone
shows lives in that page's folder.
"""
