"""How bytes travel to a Docker Engine: a socket, a named pipe, TCP, TLS or SSH, behind the client library.

Nothing here knows what is asked over the connection.
"""
