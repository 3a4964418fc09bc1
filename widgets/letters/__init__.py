"""Letters in a grid of one width, as logs and terminals show them.

Lives here: the inks that programs write with (`ansi`), how many columns a text takes (`widths`), painting
runs and marks (`painting`), and selecting with mouse and keyboard (`selection`).
May not live here: what holds the lines, or where they come from.
"""
