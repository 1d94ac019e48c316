"""States as messages of Flower apps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sktransfer._core.parameters import check_value, integer, number
from sktransfer.federated._messages import FederationError

if TYPE_CHECKING:
    from flwr.app import Context
    from flwr.clientapp import ClientApp
    from flwr.serverapp import Grid

_RECORD = "sktransfer"


def flower_client_app(
    answer: Callable[[Context], tuple[str, Any]], *, key: bytes | None = None
) -> ClientApp:
    """Flower app of a party, which answers queries with states.

    The party decides what is sent; the server cannot ask for anything else.

    Parameters
    ----------
    answer : callable
        Called with the context of the app. It returns the name of the party, and a
        state (exact, noisy or masked) or a dict of states by domain.
    key : bytes, default=None
        Secret that signs the messages.

    Returns
    -------
    app : flwr.clientapp.ClientApp
        App that a SuperNode runs.

    Raises
    ------
    ImportError
        If Flower is not installed.

    See Also
    --------
    collect_from_flower : Collect the states on the server.

    Examples
    --------
    >>> from sktransfer.federated import FederatedParty, flower_client_app
    >>> def answer(context):
    ...     party = FederatedParty("uk", read_rows(context.node_config["path"]))
    ...     return party.name, party.state(SPEC)
    >>> app = flower_client_app(answer)  # doctest: +SKIP
    """
    flwr = _flower()
    app = flwr.clientapp.ClientApp()

    @app.query()
    def send(message: Any, context: Any) -> Any:
        name, sent = answer(context)
        by_domain = isinstance(sent, dict)
        parts = sent if by_domain else {0: sent}
        record = flwr.app.ConfigRecord(
            {
                "party": name,
                "by_domain": by_domain,
                "domains": [int(domain) for domain in parts],
                "states": [part.to_bytes(key=key) for part in parts.values()],
            }
        )
        content = flwr.app.RecordDict({_RECORD: record})
        return flwr.app.Message(content, reply_to=message)

    return app


def collect_from_flower(
    grid: Grid, *, n_parties: int, timeout: float = 3600.0
) -> dict[str, Any]:
    """Ask all parties for their states.

    Parameters
    ----------
    grid : flwr.serverapp.Grid
        Argument of the main function of a ServerApp.
    n_parties : int
        Number of parties to wait for.
    timeout : float, default=3600.0
        Seconds to wait for the parties, and again for their answers.

    Returns
    -------
    sent : dict of str to object
        By the name of the party: bytes, or a dict of bytes by domain, for
        :func:`federate` or :func:`unmask`.

    Raises
    ------
    FederationError
        If there are fewer parties, one has failed, or two have the same name.
    ImportError
        If Flower is not installed.
    """
    check_value("n_parties", n_parties, integer(1))
    check_value("timeout", timeout, number(0))
    flwr = _flower()
    nodes = _nodes(grid, n_parties, timeout)
    query = flwr.app.RecordDict({_RECORD: flwr.app.ConfigRecord()})
    messages = [flwr.app.Message(query, node, "query") for node in nodes]
    sent: dict[str, Any] = {}
    for reply in grid.send_and_receive(messages, timeout=timeout):
        if reply.has_error():
            raise FederationError(
                f"Node {reply.metadata.src_node_id} has sent no state: "
                f"{reply.error.reason}"
            )
        record = reply.content[_RECORD]
        if record["party"] in sent:
            raise FederationError(
                f"Two nodes say that they are party {record['party']!r}."
            )
        parts = dict(zip(record["domains"], record["states"]))
        sent[record["party"]] = parts if record["by_domain"] else parts[0]
    if len(sent) < n_parties:
        raise FederationError(
            f"{n_parties} parties were asked; got states of {sorted(sent)} in "
            f"{timeout:g} s."
        )
    return sent


def _nodes(grid: Any, n_parties: int, timeout: float) -> list[int]:
    end = time.monotonic() + timeout
    while len(nodes := list(grid.get_node_ids())) < n_parties:
        if time.monotonic() > end:
            raise FederationError(
                f"{n_parties} parties were to be there; got {len(nodes)} in "
                f"{timeout:g} s."
            )
        time.sleep(0.2)
    return nodes


def _flower() -> Any:
    try:
        import flwr.app
        import flwr.clientapp
    except ImportError as error:
        raise ImportError(
            "This takes Flower with its message interface, 1.20 or later, which is not "
            "installed. Install it with pip install 'sktransfer[flower]'."
        ) from error
    return flwr
