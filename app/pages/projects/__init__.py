"""Projects: all of a platform's, and behind each its history, versions and revisions.

`page` places the views, `presenter` decides, `look` fetches off the GUI thread, `detail` shows one project.
"""
