"""Monitor: one project, its versions side by side, watched and switched.

`page` places the views and stands before the first paint, so it imports nothing heavy; it shows a
`view_model`, plain texts that `last_seen` also keeps on disk. A refresh goes one way: `presenter` decides,
`query` loads off the GUI thread, `view_model_builder` and `plot` bring it into the page. `champion` and
`retraining` carry actions out. No reading of a store or gateway stands outside `query` and the actions.
"""
