"""Monitor: one project, its versions side by side, watched and switched.

`page` places the views and stands before the first paint, so it imports nothing heavy; `content` is what
it shows, as plain texts that are also kept on disk; `presenter` decides; `look` fetches off the GUI
thread; `champion`, `retraining` and `revisions` carry the actions out.
"""
