"""The frame around the pages: sidebar, status bar, banner, palette, shortcuts.

`window` places them and switches pages. Only light modules may be imported at the top of files here,
because all of this stands before the first paint; nothing here reads a store or knows one page's data.
"""
