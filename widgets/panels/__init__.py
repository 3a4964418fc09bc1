"""The small parts of pages: badges, banners, empty states, errors, forms, the palette, the status line.

Lives here: widgets that show one plain value each and tell by a signal what the person did.
May not live here: tables and plots (they have folders of their own), or anything that fetches.
Import each from its own module: the first paint then loads no more than it shows.
"""
