"""Ports for programs that cannot be asked which one they took."""

import random
import socket

_given = set()


def free_port():
    """A port of loopback that was free a moment ago, and that no other call gave. It lies below those that outgoing connections
    take: nobody's request gets it before the program binds it, or while the program is started anew."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
