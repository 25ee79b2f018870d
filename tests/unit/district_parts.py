"""A city of two districts, with people who work for one of them: for tests of who sees what."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from central_parts import QUICK_HASHER, CentralClient, CentralServer, some_units

from console.central.accounts import Person, add_account
from console.domain.ids import JurisdictionId, PersonId, new_id
from console.domain.levels import Role
from console.domain.permissions import Remit
from console.domain.places import Camera, Jurisdiction, JurisdictionLevel
from console.domain.units import Unit
from console.protocol.commands import AssignUnit, OpenIncident
from console.protocol.messages import Verdict
from console.store.engine import open_engine

EAST, WEST = "D-east", "D-west"
DISTRICTS = (EAST, WEST)
PASSWORD = "a password of tests"


def fresh() -> str:
    return new_id(datetime.now(UTC))


def two_districts() -> list[Jurisdiction]:
    city = Jurisdiction(
        id=JurisdictionId("C"), parent=None, level=JurisdictionLevel.CITY,
        name_zh="北京", name_en="Beijing",
    )  # fmt: skip
    return [city] + [
        replace(
            city, id=JurisdictionId(one), parent=city.id, level=JurisdictionLevel.DISTRICT,
            name_en=one.removeprefix("D-").capitalize(),
        )
        for one in DISTRICTS
    ]  # fmt: skip


def units() -> list[Unit]:
    """K1, K3 … in the east, K2, K4 … in the west."""
    return [
        replace(unit, district=JurisdictionId(DISTRICTS[(unit.no + 1) % 2]))
        for unit in some_units()
    ]


def cameras() -> list[Camera]:
    return [
        Camera(id=f"c-{one}", name=f"cam {one}", main_url="rtsp://h/1", district=one)
        for one in DISTRICTS
    ]


def seeded(server: CentralServer) -> None:
    """Enter the register, and a person of every role who works in the east only."""
    server.seed(units(), cameras(), two_districts())
    server.start()
    server.stop()
    with closing_engine(server) as engine, engine.begin() as connection:
        for role in Role:
            person = Person(
                id=PersonId(f"east-{role}"),
                name=f"East {role}",
                role=role,
                remit=Remit(districts=frozenset({EAST})),
            )
            add_account(connection, person, f"east-{role}", QUICK_HASHER.hash(PASSWORD))


class closing_engine(closing):  # type: ignore[type-arg] # noqa: N801 - used like closing
    """Central's database, while central does not run."""

    def __init__(self, server: CentralServer) -> None:
        self._engine = open_engine(server.database_url)
        super().__init__(self._engine)  # type: ignore[arg-type]

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def of_the_east(server: CentralServer, role: Role) -> CentralClient:
    """Return somebody of a role who works in the east only."""
    return CentralClient(server, f"east-{role}", PASSWORD)


def opened(district: str) -> OpenIncident:
    return OpenIncident(
        incident=fresh(), form="0301", place="东单", summary="夜间施工", channel="12345",
        district=district,
    )  # fmt: skip


def at_work(client: CentralClient, district: str, unit: str) -> tuple[str, str]:
    """Open an incident and send a unit; return the ids of incident and assignment."""
    body = opened(district)
    sent = AssignUnit(assignment=fresh(), incident=body.incident, unit=unit)
    results = client.post(body, sent)
    assert {one.verdict for one in results} == {Verdict.ACCEPTED}, results
    return body.incident, sent.assignment
