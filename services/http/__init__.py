"""HTTP between our own processes and with clients: the server core, the client, the shape of errors.

A `Server` answers hot routes straight from the parser and hands everything else to a Starlette
application; a `HttpClient` keeps a small pool of connections to one origin. What a route means does not
belong here.
"""
