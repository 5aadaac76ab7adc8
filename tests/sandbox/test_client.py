"""The grader's connection to the zygote, with a zygote that is played by the test."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec
import pytest

from grader.sandbox import client as client_module
from grader.sandbox.client import ZygoteClient
from grader.sandbox.plan import package_folders, readable_paths
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


def test_packages_may_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PYTHONPATH names a folder of packages, the zygote finds them there too, and reads it; nothing else of that variable."""
    assert package_folders() == ()
    (tmp_path / "packages" / "elsewhere").mkdir(parents=True)
    (tmp_path / "packages" / "elsewhere" / "__init__.py").touch()
    (tmp_path / "packages" / "alone.py").touch()
    for folder in (tmp_path / "packages", tmp_path):
        monkeypatch.syspath_prepend(str(folder))
    assert package_folders(("elsewhere", "alone", "nowhere_at_all")) == (str(tmp_path / "packages"),)
    monkeypatch.setattr("grader.sandbox.plan.package_folders", lambda: (str(tmp_path / "packages"),))
    monkeypatch.setattr(client_module, "package_folders", lambda: (str(tmp_path / "packages"),))
    assert str(tmp_path / "packages") in readable_paths()
    assert client_module._environment(None)["PYTHONPATH"].split(os.pathsep)[1:] == [str(tmp_path / "packages")]
