"""One Docker Engine: what the window and the runtimes ask of it.

`engine` brings the parts together; `errors` turns the client library's errors into ours, once. Streams
(events, logs, usage, terminals, builds) have connections of their own without a read timeout. Nothing
here knows projects, platforms or Swarm services; the `docker` library is imported here and in the
runtimes beside it only.
"""
