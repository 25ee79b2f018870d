"""ONVIF: cameras found on the network, their streams and presets looked up, moving ones turned.

Over `onveef` (Apache-2.0): WS-Discovery probes by multicast or to named addresses, SOAP with
WS-UsernameToken. Everything here blocks and may run in any thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag, urlsplit

import psutil
from onveef import OnvifClient
from onveef.exceptions import OnvifAuthError, OnvifError
from onveef.wsdiscovery import DiscoveredDevice, discover, probe_device

from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId, JurisdictionId
from console.domain.places import Camera

DISCOVERY_PORT = 3702
LISTEN_S, ANSWER_S = 3.0, 6.0
_IPV4 = 2


class CameraServiceError(ZhihuiError):
    """A camera's ONVIF service does not do what was asked; says why.

    Attributes:
        service: Its address.
    """

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"The ONVIF service at {_shown(service)} {reason}")
        self.service = service


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who asks a camera."""

    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return "Login(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A camera that has answered a probe.

    Attributes:
        service: Address of its device service.
        endpoint: Its own id, the same whatever its address is.
    """

    service: str
    endpoint: str
    name: str = ""
    hardware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One media profile.

    Attributes:
        token: Names it to the camera.
        uri: RTSP address, without credentials.
        pixels: Width times height, 0 where it is not told.
    """

    token: str
    name: str
    uri: str
    pixels: int = 0
    codec: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A place that a moving camera can be sent to."""

    token: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a camera says of itself.

    Attributes:
        profiles: The one with the most pixels first.
        presets: Of the first profile; none where it does not move.
    """

    found: Found
    maker: str
    model: str
    serial: str
    profiles: tuple[Profile, ...]
    presets: tuple[Preset, ...] = ()
    moves: bool = False


def find(addresses: Sequence[str] = (), *, listen_s: float = LISTEN_S) -> list[Found]:
    """Return the cameras that answer: all in the networks of this machine, or those named.

    Args:
        addresses: Hosts that are asked directly, "10.1.2.3" or "10.1.2.3:3702"; where there are
            none, every network of this machine is asked by multicast.
        listen_s: How long answers are waited for, for each network or address.
    """
    if addresses:
        devices: list[DiscoveredDevice] = []
        for address in addresses:
            host, _, port = address.partition(":")
            at = int(port) if port.isdigit() else DISCOVERY_PORT
            devices += probe_device(host, timeout_s=listen_s, port=at)
    else:
        devices = discover(timeout_s=listen_s, interface_ip=own_addresses())
    by_endpoint = {found.endpoint: found for found in map(_found, devices) if found.service}
    return sorted(by_endpoint.values(), key=lambda found: (found.name, found.service))


def own_addresses() -> list[str]:
    """Return the IPv4 addresses of this machine's networks; its own only where there are none."""
    every = [
        one.address
        for name, addresses in psutil.net_if_addrs().items()
        for one in addresses
        if one.family == _IPV4 and psutil.net_if_stats()[name].isup
    ]
    return [one for one in every if not one.startswith("127.")] or every


def look_up(found: Found, login: Login) -> Looked:
    """Ask a camera for its streams and presets.

    Raises:
        CameraServiceError: It does not answer, does not let us in, or has no streams.
    """
    with _asked(found.service, login) as client:
        about = client.get_device_information()
        profiles = [_profile(client, one) for one in client.get_profiles()]
        profiles.sort(key=lambda one: -one.pixels)
        if not profiles:
            raise CameraServiceError(found.service, "has no media profile, so nothing to show.")
        moves = client._has("ptz")
        presets = _presets(client, profiles[0].token) if moves else ()
    return Looked(
        found=found,
        maker=str(about.get("manufacturer") or ""),
        model=str(about.get("model") or found.hardware),
        serial=str(about.get("serial_number") or ""),
        profiles=tuple(profiles),
        presets=presets,
        moves=moves,
    )


def camera_from(looked: Looked, login: Login, *, district: str | None = None) -> Camera:
    """Return the camera point that a camera makes: its largest and its smallest stream."""
    main, sub = looked.profiles[0], looked.profiles[-1]
    own = looked.found.endpoint or looked.serial or looked.found.service
    name = looked.found.name or f"{looked.maker} {looked.model}".strip() or looked.found.service
    return Camera(
        id=CameraId("onvif-" + hashlib.sha256(own.encode()).hexdigest()[:12]),
        name=name[:120],
        main_url=main.uri,
        sub_url=sub.uri if sub is not main else None,
        district=JurisdictionId(district) if district else None,
        username=login.username or None,
        password=login.password or None,
        onvif_url=f"{looked.found.service}#{main.token}",
    )


def presets_of(onvif_url: str, login: Login) -> tuple[Preset, ...]:
    """Return the places that a camera can be sent to.

    Raises:
        CameraServiceError: It does not say.
    """
    service, token = urldefrag(onvif_url)
    with _asked(service, login) as client:
        return _presets(client, token or _first_token(client, service))


def go_to(onvif_url: str, login: Login, preset: str) -> None:
    """Send a moving camera to a preset, named by token or by name.

    Raises:
        CameraServiceError: It has no such preset, or does not go there.
    """
    service, token = urldefrag(onvif_url)
    with _asked(service, login) as client:
        profile = token or _first_token(client, service)
        known = _presets(client, profile)
        wanted = next((one for one in known if preset in (one.token, one.name)), None)
        if wanted is None:
            names = ", ".join(one.name or one.token for one in known[:12]) or "none"
            raise CameraServiceError(service, f"has no preset “{preset}”; it has {names}.")
        client.ptz_goto_preset(profile_token=profile, preset_token=wanted.token)


def move(onvif_url: str, login: Login, *, pan: float, tilt: float, zoom: float) -> None:
    """Have a moving camera move until it is told to stop, speeds from -1 to 1; all 0 stops it.

    It stops by itself after two seconds, should the end of the key press get lost.

    Raises:
        CameraServiceError: It does not move.
    """
    service, token = urldefrag(onvif_url)
    with _asked(service, login) as client:
        profile = token or _first_token(client, service)
        if pan == tilt == zoom == 0.0:
            client.ptz_stop(profile_token=profile)
            return
        client.ptz_continuous_move(
            profile_token=profile, pan=pan, tilt=tilt, zoom=zoom, timeout="PT2S"
        )


@contextmanager
def _asked(service: str, login: Login) -> Iterator[OnvifClient]:
    try:
        with OnvifClient(
            service,
            username=login.username,
            password=login.password,
            timeout_s=ANSWER_S,
            verify_tls=False,  # cameras sign their certificates alone
        ) as client:
            yield client
    except OnvifAuthError as error:
        raise CameraServiceError(
            service, "does not accept this user name and password; enter them again."
        ) from error
    except (OnvifError, ValueError, OSError) as error:
        reason = str(error).replace(login.password, "…") if login.password else str(error)
        raise CameraServiceError(service, f"cannot be used: {reason[:200]}") from error


def _found(device: DiscoveredDevice) -> Found:
    addresses: Iterable[str] = device.xaddrs
    service = next((one for one in addresses if one.startswith("http")), "")
    return Found(
        service=service,
        endpoint=device.endpoint_reference or service,
        name=unquote(device.name),
        hardware=unquote(device.hardware),
    )


def _profile(client: OnvifClient, told: dict[str, object]) -> Profile:
    token = str(told["token"])
    encoder = told.get("video_encoder")
    encoder = encoder if isinstance(encoder, dict) else {}
    width, height = _whole(encoder.get("width")), _whole(encoder.get("height"))
    uri = client.get_stream_uri(profile_token=token)
    parts = urlsplit(uri)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return Profile(
        token=token,
        name=str(told.get("name") or ""),
        uri=bare,
        pixels=width * height,
        codec=str(encoder.get("encoding") or ""),
    )


def _whole(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isdigit() else 0


def _presets(client: OnvifClient, profile: str) -> tuple[Preset, ...]:
    told = client.ptz_get_presets(profile_token=profile)
    return tuple(Preset(token=str(one["token"]), name=str(one.get("name") or "")) for one in told)


def _first_token(client: OnvifClient, service: str) -> str:
    profiles = client.get_profiles()
    if not profiles:
        raise CameraServiceError(service, "has no media profile, so nothing that moves.")
    return str(profiles[0]["token"])


def _shown(service: str) -> str:
    parts = urlsplit(service)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
