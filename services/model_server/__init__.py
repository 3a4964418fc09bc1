"""The Python model service: one process that loads a deploy folder and answers for one version.

It knows its deploy folder, the gateway's HTTP routes, and nothing of the store. scikit-learn, pandas and
joblib are imported only where a model is loaded or trained, so that `deploy` can be read anywhere.
"""
