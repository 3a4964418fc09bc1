"""How good the versions are: metrics, mergeable summaries, curves, and the reader that follows the log.

`model` holds plain results that any layer may import. Everything works on arrays with numpy alone;
scikit-learn appears only in the tests, as the reference.
"""
