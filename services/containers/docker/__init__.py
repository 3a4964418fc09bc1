"""Services as containers of one Docker Engine, as a runtime.

What is asked of the engine itself stands in `services.containers.engine`.
"""
