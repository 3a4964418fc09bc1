"""Projects: all of a platform's, and behind each its history, versions and revisions.

`view` places the views, `presenter` decides, `page` puts both together, `look` fetches off the GUI thread,
`detail` shows one project.
"""
