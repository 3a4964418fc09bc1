"""The pages, one folder each: the page places views, its presenter fetches and decides, small files beside.

`page` is the interface, `registry` the list of all, `shared` what several use. A page reaches the store
only through tasks, and another page only through the program's signals.
"""
