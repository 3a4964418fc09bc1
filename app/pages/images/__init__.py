"""The Images page: what an engine has, where it came from, and the team's registry.

`page` places the views, `presenter` fills them, `actions` carries out what is asked for, `dialogs` asks.
"""
