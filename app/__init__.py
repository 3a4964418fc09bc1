"""The program: its window (shell, pages, tasks, settings, theme) and its command line.

Wires services to widgets. No formula, statement or protocol lives here: those are services'; no
drawing beyond placing widgets: that is widgets'.
"""
