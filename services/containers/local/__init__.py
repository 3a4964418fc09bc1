"""Services as local processes, as a runtime: for an embedded platform and for demonstrations.

They end when their parent does. Nothing here knows Docker.
"""
