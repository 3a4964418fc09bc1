"""Passive views: plain data in, signals out.

Lives here: the theme, tables, plots, badges, panels and form fields from which `app` builds its pages.
May not live here: reading or writing anything (files, stores, services), threads, timers that fetch, or
knowledge of what a page does with a signal. From `services` only plain data types are imported, and
pyqtgraph only inside `widgets.plots`, so that a window can show before it is loaded.
"""
