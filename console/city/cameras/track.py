"""A track: the encoded pictures of one scene in one size, as kept on disk and in packets."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from console.city.cameras.settings import CameraCityError
from console.media.nal import Codec
from console.media.payload import packetise

_MAGIC = b"zhihui-track-2\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Encoded pictures that are shown over and over.

    The last unit of every picture is a slice of its own that holds nothing but the band with the
    point's name; in a key picture it is exchanged for the point's own (see `encode`).

    Attributes:
        sets: Parameter sets, to be sent before every key picture.
        pictures: The slices of each picture, in decoding order; every 50th begins a closed GOP.
        keys: Which pictures are key pictures.
    """

    codec: Codec
    width_px: int
    height_px: int
    sets: tuple[bytes, ...]
    pictures: tuple[tuple[bytes, ...], ...]
    keys: tuple[bool, ...]

    def save(self, path: Path) -> None:
        """Write the track whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(_MAGIC + msgspec.msgpack.encode(self))
        Path(part.name).replace(path)

    @classmethod
    def load(cls, path: Path) -> Track:
        """Read a track.

        Raises:
            CameraCityError: The file is missing, damaged or of another version.
        """
        try:
            data = path.read_bytes()
            if not data.startswith(_MAGIC):
                raise CameraCityError(f"{path} holds no pictures of this version.")
            return msgspec.msgpack.decode(data[len(_MAGIC) :], type=cls)
        except (OSError, msgspec.MsgspecError) as error:
            raise CameraCityError(
                f"The pictures in {path} cannot be read ({error}); they will be made anew."
            ) from error


@dataclass(frozen=True, slots=True)
class PacketPicture:
    """One picture cut into RTP payloads, shared by every session that shows it.

    Attributes:
        payloads: All payloads; of a key picture without the band's.
        band: Of a key picture: the band's slice as encoded without a name.
        parity: Of a key picture: ``idr_pic_id`` that the band's slice must carry, 0 or 1.
    """

    payloads: tuple[bytes, ...]
    band: bytes | None
    parity: int

    @property
    def key(self) -> bool:
        """Whether a client can begin here."""
        return self.band is not None


@dataclass(frozen=True, slots=True)
class PacketTrack:
    """A track cut into packets once, for all sessions."""

    codec: Codec
    sets: tuple[bytes, ...]
    pictures: tuple[PacketPicture, ...]

    @classmethod
    def of(cls, track: Track) -> PacketTrack:
        """Cut a track into RTP payloads."""
        pictures, key_count = [], 0
        for nals, key in zip(track.pictures, track.keys, strict=True):
            if key:
                payloads = packetise(track.codec, [*track.sets, *nals[:-1]])
                pictures.append(PacketPicture(tuple(payloads), nals[-1], key_count % 2))
                key_count += 1
            else:
                payloads = packetise(track.codec, nals)
                pictures.append(PacketPicture(tuple(payloads), None, 0))
        return cls(track.codec, track.sets, tuple(pictures))

    def still(self, standing: PacketTrack) -> PacketTrack:
        """Return this track frozen: its first picture, then pictures that change nothing.

        Args:
            standing: A track of one picture that stands still, of the same codec and size.
        """
        return PacketTrack(self.codec, self.sets, (self.pictures[0], *standing.pictures[1:50]))
