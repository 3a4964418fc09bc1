"""Projects: all of a platform's, and behind each its history, versions and revisions.

`view` places the views, `presenter` decides, `page` puts both together, `query` loads off the GUI thread,
`details_view` shows one project, `import_model` begins a version with a model file. No reading of a store
or gateway stands outside `query` and the actions.
"""
