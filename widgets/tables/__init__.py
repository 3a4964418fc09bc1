"""One table, and the tables made of it.

Lives here: `DataTable` (source model, filter proxy, delegate, named roles; all values computed before
they are shown), and the tables of metrics, history, activity and projects built on it.
Import each from its own module: the first paint then loads no more than it shows.
May not live here: any reading of data, or asking a row for its text while painting.
"""
