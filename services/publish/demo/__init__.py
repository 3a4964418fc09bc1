"""The demo: the example projects, trained by their own scripts, published into a workspace and replayed.

`demo` starts and ends it all, `example_projects` says what is trained, `traffic_replay` sends real rows as
live traffic. Nothing else in `services` may need what is in here.
"""
