"""Local ports: who listens, and keeping one for ourselves."""

import socket
import urllib.request

PORTS_TRIED = 50


def reserve_port(wanted: int) -> tuple[socket.socket, str]:
    """A bound socket on the wanted port or on the next free one, and a line for people when it is another.

    Nobody else can take the port from then on; the web server listens on the socket later.
    """
    for number in range(wanted, wanted + PORTS_TRIED):
        reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            # Connections of an earlier run that still fade away must not count as taken; listeners do.
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if listens(number):
                raise OSError
            reserved.bind(("127.0.0.1", number))
        except (OSError, OverflowError):
            reserved.close()
            continue
        return reserved, "" if number == wanted else f"Port {wanted} is taken; using {number}."
    raise SystemExit(f"No free port from {wanted} to {wanted + PORTS_TRIED - 1}. Choose another with --port.")


def listens(port: int) -> bool:
    """Whether somebody takes connections on this local port, over IPv4 or IPv6."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.settimeout(0.5)
                if probe.connect_ex((host, port)) == 0:
                    return True
        except OSError:
            continue  # no such family here
    return False


def answers(url: str) -> bool:
    """Whether the address answers 200, asked past any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
