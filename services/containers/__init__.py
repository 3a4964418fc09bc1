"""What services run on: local processes, containers of one Docker Engine, services of a Swarm.

`interface` says what any runtime, and any host of containers, can do, in the plain data of `model`;
`local`, `docker` and `swarm` are the kinds of runtime, and `engine` is what is asked of a Docker Engine.
`docker`, the library, is imported in this package only. Nothing here knows gateways, models or stores.
"""
