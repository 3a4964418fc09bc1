"""The words of the command line: `registry` lists them, each has a module with `main(arguments)`.

Each does without a display what a page of the window does with one, and imports only what it needs.
"""
