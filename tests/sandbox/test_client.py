"""The grader's connection to the zygote, with a zygote that is played by the test."""

from __future__ import annotations

import socket

import msgspec

from grader.sandbox.client import ZygoteClient
from grader.sandbox.zygote import MAX_MESSAGE, Ended, Kill, Ready, Spawn


def test_ends_that_nobody_waits_for_do_not_pile_up() -> None:
    """A thousand workers, none of whose ends is waited for: the zygote can always say the next one."""
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client = ZygoteClient(control)
    decode = msgspec.msgpack.Decoder(Spawn | Kill).decode
    theirs.setblocking(False)  # where the zygote would wait for ever, this fails
    theirs.send(msgspec.msgpack.encode(Ready({}, "")))
    for _ in range(1000):
        number, connection = client.spawn()
        connection.close()
        client.end(number)
        for kind in (Spawn, Kill):
            payload, descriptors, _, _ = socket.recv_fds(theirs, MAX_MESSAGE, 1)
            assert isinstance(decode(payload), kind)
            for descriptor in descriptors:
                socket.close(descriptor)
        theirs.send(msgspec.msgpack.encode(Ended(number, 9)))
    assert len(client.forgotten) <= 1
    assert not client.ended
    theirs.close()
    control.close()
