"""What several pages share, never one page's own data or wording.

`notice` says what has just happened, `revisions` changes the desired revision of a version,
`model_file_import` makes a deploy folder of a model file, `engine` is the base of all pages over a Docker
Engine. Nothing here imports a page.
"""
