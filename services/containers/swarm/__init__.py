"""Docker in Swarm mode: services of several replicas on several machines, as a runtime.

`cluster` speaks to the manager, `parsing` reads what it says, `runtime` is the Runtime. Only managers can
be asked. Nothing here knows gateways or models.
"""
