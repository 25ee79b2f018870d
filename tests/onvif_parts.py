"""An ONVIF camera: SOAP over HTTP with WS-UsernameToken, and answers to WS-Discovery probes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree as ET

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_GROUP, _PORT = "239.255.255.250", 3702
ENDPOINT = "urn:uuid:2419d68a-2dd2-21b2-a205-accc8e0f0001"


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _texts(root: ET.Element) -> dict[str, str]:
    return {_local(one): one.text or "" for one in root.iter()}


class OnvifCamera:
    """One camera with two profiles and some presets; keeps what it was told to do."""

    def __init__(self, *, user: str = "admin", password: str = "s3cret&<", rtsp: str = "") -> None:
        self.user, self.password = user, password
        self.rtsp = rtsp or "rtsp://127.0.0.1:8554"
        self.done: list[tuple[str, str, str]] = []
        self.moves = True
        self.presets = [("1", "gate"), ("2", "东侧")]
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = camera.answer(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = False
        self._serving = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self._probes = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._probes.bind(("127.0.0.1", 0))
        self._multicast = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._multicast.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._multicast.bind(("", _PORT))
        self._probing = [
            threading.Thread(target=self._answer_probes, args=(one,))
            for one in (self._probes, self._multicast)
        ]
        self._ending = False

    @property
    def service(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/onvif/device_service"

    @property
    def probe_address(self) -> str:
        return f"127.0.0.1:{self._probes.getsockname()[1]}"

    def join_group(self, address: str) -> None:
        """Hear multicast probes that come over one of this machine's networks."""
        member = struct.pack("4s4s", socket.inet_aton(_GROUP), socket.inet_aton(address))
        self._multicast.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

    def start(self) -> None:
        for thread in (self._serving, *self._probing):
            thread.start()

    def stop(self) -> None:
        self._ending = True
        for one in (self._probes, self._multicast):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
                waker.sendto(b"", ("127.0.0.1", one.getsockname()[1]))
        for thread in self._probing:
            thread.join()
        for one in (self._probes, self._multicast):
            one.close()
        self.http.shutdown()
        self._serving.join()
        self.http.server_close()

    def _answer_probes(self, line: socket.socket) -> None:
        while not self._ending:
            try:
                data, sender = line.recvfrom(65535)
            except OSError:
                return
            if b"Probe" not in data or self._ending:
                continue
            asked = _texts(ET.fromstring(data))
            answer = (
                f'<s:Envelope xmlns:s="{_SOAP}" '
                'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
                'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header>'
                f"<a:RelatesTo>{asked['MessageID']}</a:RelatesTo></s:Header><s:Body>"
                "<d:ProbeMatches><d:ProbeMatch>"
                f"<a:EndpointReference><a:Address>{ENDPOINT}</a:Address></a:EndpointReference>"
                "<d:Types>dn:NetworkVideoTransmitter</d:Types>"
                "<d:Scopes>onvif://www.onvif.org/name/East%20gate "
                "onvif://www.onvif.org/hardware/PTZ-1</d:Scopes>"
                f"<d:XAddrs>{self.service}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
                "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
            )
            line.sendto(answer.encode(), sender)

    def answer(self, body: bytes) -> tuple[int, bytes]:
        root = ET.fromstring(body)
        header, content = root.find(f"{{{_SOAP}}}Header"), root.find(f"{{{_SOAP}}}Body")
        assert content is not None
        asked = content[0]
        name, values = _local(asked), _texts(asked)
        open_ones = {"GetServices", "GetCapabilities", "GetSystemDateAndTime"}
        if name not in open_ones and not self._is_known(header):
            return 400, self._fault("Sender not Authorized", "NotAuthorized")
        made = getattr(self, f"_{name}", None)
        if made is None:
            return 400, self._fault(f"{name} is not done here", "ActionNotSupported")
        return 200, self._envelope(made(values))

    def _is_known(self, header: ET.Element | None) -> bool:
        if header is None:
            return False
        told = _texts(header)
        try:
            nonce = base64.b64decode(told["Nonce"])
        except KeyError:
            return False
        digest = hashlib.sha1(nonce + told["Created"].encode() + self.password.encode()).digest()
        return told.get("Username") == self.user and told.get("Password") == (
            base64.b64encode(digest).decode()
        )

    @staticmethod
    def _envelope(inner: str) -> bytes:
        return (
            f'<?xml version="1.0"?><s:Envelope xmlns:s="{_SOAP}" '
            'xmlns:tt="http://www.onvif.org/ver10/schema" '
            'xmlns:ter="http://www.onvif.org/ver10/error">'
            f"<s:Body>{inner}</s:Body></s:Envelope>"
        ).encode()

    def _fault(self, text: str, code: str) -> bytes:
        return self._envelope(
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value>"
            f"<s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code>"
            f'<s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>'
        )

    def _GetServices(self, _asked: dict[str, str]) -> str:  # noqa: N802
        spaces = ["ver10/device/wsdl", "ver10/media/wsdl"]
        spaces += ["ver20/ptz/wsdl"] if self.moves else []
        services = "".join(
            f"<Service><Namespace>http://www.onvif.org/{space}</Namespace>"
            f"<XAddr>{self.service}</XAddr></Service>"
            for space in spaces
        )
        return f"<GetServicesResponse>{services}</GetServicesResponse>"

    def _GetDeviceInformation(self, _asked: dict[str, str]) -> str:  # noqa: N802
        return (
            "<GetDeviceInformationResponse><Manufacturer>Example</Manufacturer><Model>P1</Model>"
            "<FirmwareVersion>1</FirmwareVersion><SerialNumber>0815</SerialNumber>"
            "<HardwareId>1</HardwareId></GetDeviceInformationResponse>"
        )

    def _GetProfiles(self, _asked: dict[str, str]) -> str:  # noqa: N802
        profiles = "".join(
            f'<Profiles token="{token}"><tt:Name>{name}</tt:Name>'
            f'<tt:VideoEncoderConfiguration token="e{token}"><tt:Encoding>H264</tt:Encoding>'
            f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
            "</tt:Resolution></tt:VideoEncoderConfiguration>"
            f'<tt:PTZConfiguration token="ptz"><tt:NodeToken>n</tt:NodeToken>'
            "</tt:PTZConfiguration></Profiles>"
            for token, name, width, height in (
                ("sub", "Sub", 640, 360),
                ("main", "Main", 1920, 1080),
            )
        )
        return f"<GetProfilesResponse>{profiles}</GetProfilesResponse>"

    def _GetStreamUri(self, asked: dict[str, str]) -> str:  # noqa: N802
        uri = re.sub("//", f"//{self.user}:leaked@", self.rtsp, count=1)
        return (
            f"<GetStreamUriResponse><MediaUri><tt:Uri>{uri}/{asked['ProfileToken']}</tt:Uri>"
            "</MediaUri></GetStreamUriResponse>"
        )

    def _GetPresets(self, _asked: dict[str, str]) -> str:  # noqa: N802
        presets = "".join(
            f'<Preset token="{token}"><tt:Name>{name}</tt:Name></Preset>'
            for token, name in self.presets
        )
        return f"<GetPresetsResponse>{presets}</GetPresetsResponse>"

    def _GotoPreset(self, asked: dict[str, str]) -> str:  # noqa: N802
        self.done.append(("GotoPreset", asked["ProfileToken"], asked["PresetToken"]))
        return "<GotoPresetResponse/>"

    def _ContinuousMove(self, asked: dict[str, str]) -> str:  # noqa: N802
        self.done.append(("ContinuousMove", asked["ProfileToken"], asked.get("Timeout", "")))
        return "<ContinuousMoveResponse/>"

    def _Stop(self, asked: dict[str, str]) -> str:  # noqa: N802
        self.done.append(("Stop", asked["ProfileToken"], ""))
        return "<StopResponse/>"


@contextlib.contextmanager
def onvif_camera(**more: str) -> Iterator[OnvifCamera]:
    """Run a camera."""
    camera = OnvifCamera(**more)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()
