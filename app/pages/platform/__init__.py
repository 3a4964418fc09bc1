"""The Platform page: the parts of a platform on a Docker host, set up, watched, upgraded, taken down.

`page` places the views, `presenter` fills them, `actions` carries out what is asked for; the dialogs ask:
`setup_dialog` for a platform, `launch_dialog` for a version, `development_dialog` for a place to work in.
"""
