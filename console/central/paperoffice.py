"""Central's office for documents: makes the PDF of each that was issued, kept as evidence."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from console.central.acts import Actor
from console.central.evidence import EvidenceStore
from console.central.loop import WriterLink
from console.central.rows import LiveRows
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.errors import ZhihuiError
from console.domain.ids import EvidenceId
from console.domain.levels import Role
from console.domain.places import Evidence, EvidenceKind
from console.domain.streetwork import Paper
from console.protocol.commands import AttachEvidence
from console.protocol.messages import Command, Verdict
from console.render.paperpdf import PaperText, paper_pdf
from console.store.mapping import read_rows
from console.store.streettables import PAPER
from console.store.tables import EVIDENCE

PDF_TYPE = "application/pdf"
#: Where a document's QR code leads, below central's address.
CHECK_PATH = "/papers/"
_ACTOR = Actor(person=None, role=Role.DISPATCHER, device="central")
_log = logging.getLogger("zhihui.central")


class PaperOffice:
    """Makes PDFs, one at a time, of what was issued; belongs to the event loop."""

    def __init__(
        self, link: WriterLink, evidence: EvidenceStore, zone: ZoneInfo, address: str | None
    ) -> None:
        """Args are set once.

        Args:
            link: To the writer.
            evidence: Where the files are kept.
            zone: The city's, for the time on a document.
            address: By which the public reaches central; ``None`` for the one it listens at.
        """
        self._link, self._evidence, self._zone = link, evidence, zone
        self._address = address
        self._at_once = asyncio.Semaphore(1)
        self._making: dict[str, asyncio.Task[str]] = {}
        self._catching_up: asyncio.Task[None] | None = None

    def listens_at(self, url: str) -> None:
        """Begin: take the address central listens at, if it was given none for the public."""
        self._address = self._address or url
        self._catching_up = asyncio.create_task(self._catch_up())

    def publish(self, rows: Iterable[object]) -> None:
        """Begin the PDFs of documents that were issued just now."""
        for row in rows:
            if isinstance(row, Paper) and row.version == 1:
                self._begin(row)

    async def _catch_up(self) -> None:
        """Make the PDFs that are missing: central was ended between a document and its file."""
        for paper in await self._link.reading(_without_file):
            self._begin(paper)

    async def stop(self) -> None:
        """Let what is being made be ended; the next start makes it anew."""
        begun = [self._catching_up] if self._catching_up is not None else []
        making = [*begun, *self._making.values()]
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    async def file_of(self, paper: Paper) -> str:
        """Return the SHA-256 under which the PDF of a document is kept, made by now.

        Raises:
            ZhihuiError: It could not be made; the sentence says why.
        """
        kept = await self._link.reading(lambda connection: _hash_of(connection, paper))
        return kept if kept is not None else await asyncio.shield(self._begin(paper))

    def _begin(self, paper: Paper) -> asyncio.Task[str]:
        running = self._making.get(paper.id)
        if running is None:
            running = self._making[paper.id] = asyncio.create_task(self._made(paper))
            running.add_done_callback(lambda task: self._ended(paper, task))
        return running

    def _ended(self, paper: Paper, task: asyncio.Task[str]) -> None:
        self._making.pop(paper.id, None)
        if not task.cancelled() and task.exception() is not None:
            _log.error("no PDF of %s yet: %s", paper.number, task.exception())

    async def _made(self, paper: Paper) -> str:
        async with self._at_once:
            text = await self._link.in_writer(lambda _, rows: self._text_of(rows, paper))
            made = await asyncio.to_thread(paper_pdf, paper, text)
        sha256 = hashlib.sha256(made).hexdigest()
        await self._evidence.take(sha256, _once(made))
        evidence = Evidence(
            id=EvidenceId(paper.evidence_id),
            incident=paper.incident,
            kind=EvidenceKind.PAPER,
            media_type=PDF_TYPE,
            sha256=sha256,
            size=len(made),
            captured_at=paper.issued_at,
            unit=paper.unit,
        )
        now = datetime.now(UTC)
        body = AttachEvidence(evidence=evidence)
        command = Command(f"{paper.id}-pdf", "central", 0, now, body)
        (result,) = await self._link.submit([command], _ACTOR)
        if result.verdict not in {Verdict.ACCEPTED, Verdict.DUPLICATE}:
            raise ZhihuiError(result.reason or "the file was not taken")
        return sha256

    def _text_of(self, rows: LiveRows, paper: Paper) -> PaperText:
        item = rows.get(CatalogueItem, item_id(CatalogueName.PAPER, paper.kind))
        law = rows.get(CatalogueItem, item_id(CatalogueName.LAW, paper.law))
        incident = rows.incident(paper.incident)
        unit = None if paper.unit is None else rows.unit(paper.unit)
        held = None if paper.district is None else rows.jurisdiction(paper.district)
        return PaperText(
            title=paper.kind if item is None else item.name_zh,
            template="{facts}" if item is None else str(item.details["text_zh"]),
            law=law or _no_law(paper.law),
            office=f"{held.name_zh if held is not None else '市'}城市管理综合行政执法机关",
            officer="" if unit is None else " ".join(filter(None, (unit.call_sign, unit.name))),
            case="" if incident is None else incident.number or "",
            address=f"{self._address or ''}{CHECK_PATH}{paper.code}",
            zone=self._zone,
        )


def _no_law(code: str) -> CatalogueItem:
    return CatalogueItem(
        id=item_id(CatalogueName.LAW, code), catalogue=CatalogueName.LAW, code=code,
        name_zh=code, name_en=code,
    )  # fmt: skip


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _hash_of(connection: Connection, paper: Paper) -> str | None:
    query = select(EVIDENCE.c.sha256).where(EVIDENCE.c.id == paper.evidence_id)
    found: str | None = connection.execute(query).scalar()
    return found


def _without_file(connection: Connection) -> list[Paper]:
    there = select(EVIDENCE.c.id).where(EVIDENCE.c.id == PAPER.c.id + "-pdf").exists()
    return read_rows(connection, Paper, select(PAPER).where(~there))
