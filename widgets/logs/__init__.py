"""A log of any length: followed, searched, wrapped, copied and saved.

Lives here: the lines held (`buffer`), which screen row shows which part of which line (`rows`), search
(`search`), the view that paints only what is seen (`view`), and the pane with its bar (`pane`).
May not live here: reading a log from anywhere.
"""
