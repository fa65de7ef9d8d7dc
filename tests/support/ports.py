"""Ports for programs that cannot be asked which one they took."""

import random
import socket

_given = []


def free_port():
    """A port of loopback that is free, and that no other call gives while this process lives, here or in another test that runs beside
    it: each is held by the name of a socket. It lies below those that outgoing connections take: nobody's request gets it before the
    program binds it, or while the program is started anew."""
    while True:
        port = random.randrange(20000, 30000)
        held = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            try:
                held.bind(f"\0lossd-test-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                held.close()
                continue
        _given.append(held)
        return port
