"""The words of the command line, one module each with `main(arguments) -> exit code`.

Each does without a display what a page of the window does with one, and imports only what it needs.
"""
