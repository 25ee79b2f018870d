"""`zhihui admin cameras discover`: cameras that speak ONVIF, found and entered."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping

from console.app.admin_base import AdminRequestError, Central
from console.domain.places import Camera
from console.gateways.onvif import CameraServiceError, Login, camera_from, find, look_up
from console.gateways.sections import section_called

_KNOWN = frozenset({"user", "address", "district", "add"})
_YES = frozenset({"yes", "y", "1", "true", "是"})


def discover_cameras(central: Central, asked: Mapping[str, str]) -> int:
    """Find cameras, say what they have, and enter them if that was asked for.

    Args:
        central: Where they are entered.
        asked: ``user``, ``address`` (several with commas; else every network of this machine),
            ``district``, ``add=yes``.

    Raises:
        AdminRequestError: Something else was asked.
    """
    section = section_called("cameras")
    strange = sorted(set(asked) - _KNOWN)
    if strange or section is None:
        raise AdminRequestError(
            f"“discover” knows no {', '.join(strange)}; it takes user=NAME, address=IP,IP, "
            "district=ID and add=yes."
        )
    user = asked.get("user", "")
    login = Login(username=user, password=_password() if user else "")
    known = central.rows(section)
    addresses = [one.strip() for one in asked.get("address", "").split(",") if one.strip()]
    fresh: list[Camera] = []
    found = find(addresses)
    for one in found:
        try:
            looked = look_up(one, login)
        except CameraServiceError as error:
            print(f"{one.name or one.service}: {error}")
            continue
        camera = camera_from(looked, login, district=asked.get("district"))
        is_new = camera.id not in known
        fresh += [camera] if is_new else []
        print(
            f"{camera.id}  {camera.name}  {camera.main_url}  {len(looked.profiles)} streams, "
            f"{len(looked.presets)} presets{'' if is_new else '  (entered already)'}"
        )
    adds = asked.get("add", "").casefold() in _YES
    if fresh and adds:
        central.put(section, list(fresh))
    done = "entered" if adds else "new; add=yes enters them"
    print(f"{len(found)} cameras answered, {len(fresh)} {done}.")
    return 0 if found else 1


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return getpass.getpass("Password of the cameras: ")
