"""Projects, versions, revisions, modes and their history: the types and the rules that change them.

The types are plain frozen data that any layer may import; the rules talk to a `RegistryStore` and
nothing else. No statement of a database language belongs here.
"""
