"""Text in a grid of columns of one width, as logs and terminals show it.

Lives here: the styles that escape sequences ask for (`ansi`), how many columns a text takes
(`character_widths`), painting runs and marks (`painting`), selecting with mouse and keyboard (`selection`).
May not live here: what holds the lines, or where they come from.
"""
