"""The live list of an engine's containers.

Lives here: what a container's line says (`columns`), which lines stand where (`grouping`), the model that
changes them one by one and is never reset (`model`), and the view with filter and groups (`table`).
May not live here: asking an engine for anything, or carrying an action out.
"""
