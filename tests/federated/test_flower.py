"""States through Flower: in this process, and over HTTP on loopback."""

import builtins
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import sktransfer
from sktransfer.federated import (
    FederatedParty,
    FederationError,
    collect_from_flower,
    deal_seeds,
    federate,
    flower_client_app,
    unmask,
)
from sktransfer.moments import Moments

SPEC = Moments.empty(3, arithmetic="exact", bound=9.0)
NAMES = ["de", "fr", "uk"]


def party(name, **options):
    X = np.random.default_rng(NAMES.index(name)).normal(size=(20, 3)).clip(-9, 9)
    return FederatedParty(name, X, **options)


class OneProcess:
    """Grid that calls the apps of the nodes itself."""

    def __init__(self, apps):
        self.apps = dict(enumerate(apps, start=1))

    def get_node_ids(self):
        return list(self.apps)

    def send_and_receive(self, messages, *, timeout):
        from flwr.app import Error, Message

        for message in messages:
            # what a SuperLink fills in
            message.metadata.__dict__["_message_id"] = "1"
            app = self.apps[message.metadata.dst_node_id]
            context = SimpleNamespace(node_config={})
            try:
                yield app(message, context)
            except ZeroDivisionError:
                yield Message(Error(code=0, reason="divided"), reply_to=message)


@pytest.fixture
def flwr(monkeypatch):
    pytest.importorskip("flwr.clientapp")
    # messages are stamped with the run that a process is started for
    identity = pytest.importorskip("flwr.supercore.task_identity").TaskIdentity
    for name in ("_run_id", "_node_id", "_task_id"):
        monkeypatch.setattr(identity, name, 1)


@pytest.mark.parametrize("key", [None, b"secret"])
def test_states_arrive(flwr, key):
    def answer(name):
        return lambda context: (name, party(name).state(SPEC))

    grid = OneProcess([flower_client_app(answer(name), key=key) for name in NAMES])
    sent = collect_from_flower(grid, n_parties=3)
    assert list(sent) == NAMES
    total = federate(sent, spec=SPEC, key=key)
    pooled = federate([party(name).state(SPEC) for name in NAMES])
    assert total.to_bytes() == pooled.to_bytes()
    with pytest.raises(FederationError, match=r"Two nodes say .* 'de'"):
        collect_from_flower(OneProcess([grid.apps[1], grid.apps[1]]), n_parties=2)


def test_masked_states_by_domain(flwr):
    seeds = deal_seeds(NAMES)

    def answer(name):
        def masked(context):
            options = {"seeds": seeds[name], "session": "1", "domains": [1, -2]}
            domain = -2 if name == "uk" else 1
            state = party(name, sample_domain=domain).masked_state(SPEC, **options)
            return name, state

        return masked

    apps = [flower_client_app(answer(name)) for name in NAMES]
    total = unmask(collect_from_flower(OneProcess(apps), n_parties=3))
    assert {d: state.n_rows for d, state in total.items()} == {-2: 20, 1: 40}


def test_failures_are_named(flwr):
    def answer(context):
        return 1 / 0

    grid = OneProcess([flower_client_app(answer)])
    with pytest.raises(FederationError, match="Node 1 has sent no state: divided"):
        collect_from_flower(grid, n_parties=1)
    with pytest.raises(FederationError, match=r"2 parties were to be there; got 1"):
        collect_from_flower(grid, n_parties=2, timeout=0)
    grid.send_and_receive = lambda messages, timeout: []
    with pytest.raises(
        FederationError, match=r"1 parties were asked; got states of \[\]"
    ):
        collect_from_flower(grid, n_parties=1)


def test_without_flower(monkeypatch):
    real = builtins.__import__

    def fake(name, *args, **kwargs):
        if name.split(".")[0] == "flwr":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fake)
    with pytest.raises(ImportError, match=r"sktransfer\[flower\]"):
        flower_client_app(lambda context: None)


# a SuperLink and two SuperNodes, each a process

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "markets"
version = "1.0.0"
description = "Two markets"
license = "BSD-3-Clause"
dependencies = []
[tool.hatch.build.targets.wheel]
packages = ["."]
[tool.flwr.app]
publisher = "nobody"
[tool.flwr.app.components]
serverapp = "markets.server:app"
clientapp = "markets.client:app"
[tool.flwr.app.config]
"""
ROWS = """
import numpy as np
from sktransfer.federated import FederatedParty
from sktransfer.moments import (Moments)

SPEC = Moments.empty(3, arithmetic="exact", bound=9.0, fingerprint="f")

def party(name):
    X = np.random.default_rng(len(name)).normal(size=(20, 3)).clip(-9, 9)
    return FederatedParty(name, X)
"""
CLIENT = """
from markets.rows import SPEC, party
from sktransfer.federated import flower_client_app

def answer(context):
    name = context.node_config["name"]
    return name, party(name).state(SPEC)

app = flower_client_app(answer, key=b"secret")
"""
SERVER = """
from pathlib import Path
from flwr.serverapp import ServerApp
from markets.rows import SPEC
from sktransfer.federated import collect_from_flower, federate

app = ServerApp()

@app.main()
def main(grid, context):
    sent = collect_from_flower(grid, n_parties=2, timeout=90)
    total = federate(sent, spec=SPEC, key=b"secret")
    Path({out!r}).write_bytes(total.to_bytes())
"""


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@pytest.mark.slow
def test_loopback(flwr, tmp_path):
    pytest.importorskip("uvicorn")
    out = tmp_path / "total.bin"
    app = tmp_path / "app" / "markets"
    app.mkdir(parents=True)
    (app.parent / "pyproject.toml").write_text(PROJECT)
    files = {"__init__": "", "rows": ROWS, "client": CLIENT}
    files["server"] = SERVER.format(out=str(out))
    for name, text in files.items():
        (app / f"{name}.py").write_text(text)
    link, *nodes = free_ports(3)
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(
        f'[superlink]\ndefault = "loop"\n[superlink.loop]\n'
        f'address = "127.0.0.1:{link}"\ninsecure = true\n'
    )
    programs = Path(sys.executable).parent
    paths = [str(Path(sktransfer.__file__).parents[1])]
    paths += filter(None, [os.environ.get("PYTHONPATH")])
    environment = os.environ | {
        "FLWR_HOME": str(home),
        "HOME": str(home),
        "FLWR_TELEMETRY_ENABLED": "0",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(paths),
    }

    def start(program, *arguments, log):
        file = (tmp_path / log).open("w")
        command = [str(programs / program), *arguments]
        return subprocess.Popen(
            command, env=environment, stdout=file, stderr=subprocess.STDOUT
        )

    no_installs = "--disable-runtime-dependency-installation"
    running = [
        start(
            "flower-superlink",
            *("--insecure", no_installs, "--port", str(link)),
            log="link.log",
        )
    ]
    try:
        for name, port in zip(["uk", "ger"], nodes):
            arguments = ["--insecure", "--superlink", f"127.0.0.1:{link}"]
            arguments += ["--port", str(port), "--node-config", f'name="{name}"']
            running.append(start("flower-supernode", *arguments, log=f"{name}.log"))
        end = time.monotonic() + 150
        while True:  # until the SuperLink listens
            time.sleep(2)
            run = start("flwr", "run", str(app.parent), "loop", log="run.log")
            if run.wait(60) == 0:
                break
            assert time.monotonic() < end, (tmp_path / "run.log").read_text()
        while not out.exists() or not out.stat().st_size:
            assert time.monotonic() < end, (tmp_path / "link.log").read_text()
            time.sleep(0.5)
        time.sleep(0.5)
    finally:
        for process in running[::-1]:
            process.terminate()
        for process in running:
            process.wait(20)
    space = {}
    exec(ROWS, space)
    pooled = federate(
        [space["party"](name).state(space["SPEC"]) for name in ("uk", "ger")]
    )
    assert Moments.from_bytes(out.read_bytes()).to_bytes() == pooled.to_bytes()
