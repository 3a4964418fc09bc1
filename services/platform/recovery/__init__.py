"""Finding out again what a platform was asked to be, and its secrets, when containers are gone.

`state_file` keeps both beside the data, `from_containers` reads the request off what still stands, and
`recover` chooses between them. Nothing here makes or changes a part of the platform.
"""
