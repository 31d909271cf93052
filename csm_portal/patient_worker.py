"""gunicorn's worker with threads, but a request takes a thread only when it has arrived: senders that drip hold up nobody.

The system keeps what has come of a request. The worker looks at it without taking it, asks to be woken when the rest is there
(`SO_RCVLOWAT`), and closes what has not come in time. Large uploads take their thread when as much of them is there as a batch may have.
Where the system wakes it too early the thread waits, as gunicorn's own does.
"""

from __future__ import annotations

import fcntl
import re
import selectors
import socket
import struct
import termios
import time
from functools import partial

from gunicorn.workers.gthread import TConn, ThreadWorker

# A request that is not whole by then is dropped: the slowest line that sends a batch of 500 KB needs less.
ARRIVAL_SECONDS = 30.0
STOP_SECONDS = 2.0
# More than gunicorn takes as the head of a request, and more than the intake takes as a body (500 KB).
MOST_HEAD, MOST_BODY = 64 * 1024, 512 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)


def missing(sock: socket.socket) -> int:
    """How many bytes have to be there before the request may be read; 0 where it may be now."""
    there = arrived(sock)
    if there == 0:
        return 1
    head = sock.recv(min(there, MOST_HEAD), socket.MSG_PEEK)
    end = head.find(b"\r\n\r\n") + 4
    if end < 4:
        return 0 if len(head) >= MOST_HEAD else there + 1
    told = _LENGTH.search(head, 0, end)
    whole = end + min(int(told.group(1)), MOST_BODY) if told else end
    return 0 if there >= whole else whole


def arrived(sock: socket.socket) -> int:
    """Bytes that have come and nobody has taken."""
    return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.FIONREAD, b"\0" * 4))[0])


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn brings no types
    """Waits for whole requests beside its threads."""

    swept = 0.0
    stop_at = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its first request."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self.await_request(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Wait for the rest of the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.await_request(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Go on with a request of which more has come, or all that will."""
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        try:
            ended = arrived(conn.sock) < conn.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        except OSError:
            ended = True
        self.await_request(conn, until=conn.timeout, ended=ended)

    def await_request(self, conn: TConn, *, until: float | None = None, ended: bool = False) -> None:
        """Give the connection to a thread when its request is there; `ended`: nothing more will come."""
        try:
            patient = not self.cfg.is_ssl and conn.sock.family in {socket.AF_INET, socket.AF_INET6}
            wanted = missing(conn.sock) if patient and not ended else 0
            if patient:
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, max(1, wanted))
        except OSError:
            wanted = 0
        if not wanted:
            conn.data_ready = True
            self.enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + ARRIVAL_SECONDS if until is None else until
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def murder_pending(self) -> None:
        """Close what has not come in time; looked for once a second."""
        now = time.monotonic()
        if now < self.swept + 1:
            return
        self.swept = now
        if not self.alive:
            # A worker that is told to stop waits for those that are sending, and not for those that only might.
            self.stop_at = self.stop_at or now + STOP_SECONDS
        for conn in [one for one in self.pending_conns if min(one.timeout, self.stop_at or one.timeout) <= now]:
            self.pending_conns.remove(conn)
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()
