"""Every route of central, asked what its document allows and what it does not: no server error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import schemathesis
from central_parts import CentralClient, CentralServer, a_city, some_units
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance
from test_central_rights import ROUTES

from console.domain.levels import Role

CASES, MANY_CASES = 15, 400
Route = tuple[str, str]
#: Between them they may ask for everything.
ROLES = (Role.DISPATCHER, Role.GATEWAY, Role.ADMINISTRATOR)


@dataclass
class Served:
    """A central, and somebody of several roles logged on at it."""

    server: CentralServer
    clients: dict[Role, CentralClient]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = CentralServer(tmp_path_factory.mktemp("api") / "home")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    clients = {role: server.client(role) for role in ROLES}
    yield Served(server, clients)
    for client in clients.values():
        client.close()
    server.stop()


@pytest.fixture(scope="module")
def api(served: Served) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{served.server.url}/v1/openapi.json")


def ask(case: schemathesis.Case, served: Served) -> None:
    """Ask with each token, and with none; a log-off would end what the others ask with."""
    ends = (case.method, case.path) == ("DELETE", "/v1/session")
    tokens = [] if ends else [client.token for client in served.clients.values()]
    for token in ("nonsense", *tokens):
        case.call_and_validate(
            headers={"Authorization": f"Bearer {token}"},
            checks=[not_a_server_error, status_code_conformance],
            timeout=60,
        )


def ask_much(api: schemathesis.BaseSchema, served: Served, route: Route, count: int) -> None:
    """Ask one route what its document allows, then what it does not."""
    method, path = route
    operation = api[path][method]
    for mode in GenerationMode:

        @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: schemathesis.Case) -> None:
            ask(case, served)

        try:
            one()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, "nothing the document allows can be asked"


@pytest.mark.parametrize("route", sorted(ROUTES), ids=" ".join)
def test_that_no_request_makes_central_stumble(
    api: schemathesis.BaseSchema, served: Served, route: Route
) -> None:
    ask_much(api, served, route, CASES)


@pytest.mark.soak
@pytest.mark.parametrize("route", sorted(ROUTES), ids=" ".join)
def test_that_no_request_of_very_many_makes_central_stumble(
    api: schemathesis.BaseSchema, served: Served, route: Route
) -> None:
    ask_much(api, served, route, MANY_CASES)


def test_that_central_is_well_afterwards(served: Served) -> None:
    health = served.clients[Role.DISPATCHER].http.get(f"{served.server.url}/v1/health", timeout=60)
    assert health.json()["status"] == "ok"


def test_that_the_document_names_bodies_and_refusals(served: Served) -> None:
    url = f"{served.server.url}/v1/openapi.json"
    said = served.clients[Role.DISPATCHER].http.get(url, timeout=60).json()
    assert "requestBody" in said["paths"]["/v1/commands"]["post"]
    assert "OrderByVoice" in said["components"]["schemas"]
    for methods in said["paths"].values():
        for operation in methods.values():
            assert "403" in operation["responses"]
