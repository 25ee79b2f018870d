"""`zhihui admin users|officers|devices|roles`: accounts, PINs, devices, and what roles may."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from console.app.admin_base import (
    AdminRequestError,
    Central,
    secret_of,
    show,
    show_history,
    typed_password,
    values_of,
    wanted_id,
)

Verbs = dict[str, Callable[[Central, argparse.Namespace], int]]


def _users(central: Central, chosen: argparse.Namespace) -> int:
    people = central.get("/v1/people")["people"]
    seen = [one for one in people if chosen.all or one.get("active", True)]
    show(seen, ["login", "name", "role", "districts", "active", "locked_until"],
         as_json=chosen.json)  # fmt: skip
    return 0


def _add_user(central: Central, chosen: argparse.Namespace) -> int:
    asked: dict[str, Any] = values_of(chosen.rest)
    asked |= _districts(asked)
    asked["password"] = secret_of(asked, "password") or typed_password()
    made = central.send("POST", "/v1/people", asked)
    print(f"Entered {asked.get('login')} ({made['id']}).")
    return 0


def _set_user(central: Central, chosen: argparse.Namespace) -> int:
    person = _person(central, wanted_id(chosen))
    asked: dict[str, Any] = values_of(chosen.rest[1:])
    asked |= _districts(asked)
    if "password" in asked:
        asked["password"] = secret_of(asked, "password")
    done = central.send("PATCH", f"/v1/people/{person['id']}", asked)
    print(f"Changed {person['login']}; {done['ended_sessions']} sessions were ended.")
    return 0


def _retire_user(central: Central, chosen: argparse.Namespace) -> int:
    person = _person(central, wanted_id(chosen))
    active = chosen.verb == "restore"
    central.send("PATCH", f"/v1/people/{person['id']}", {"active": active})
    print(f"{person['login']} {'may log on again' if active else 'may no longer log on'}.")
    return 0


def _unlock_user(central: Central, chosen: argparse.Namespace) -> int:
    name = wanted_id(chosen)
    done = central.send("POST", f"/v1/people/{name}/unlock", None)
    print(f"{name} {'may try again' if done['was_locked'] else 'was not locked'}.")
    return 0


def _user_history(central: Central, chosen: argparse.Namespace) -> int:
    show_history(central, "person", _person(central, wanted_id(chosen))["id"])
    return 0


def _person(central: Central, named: str) -> dict[str, Any]:
    people: list[dict[str, Any]] = central.get("/v1/people")["people"]
    for one in people:
        if named in {one["id"], one["login"]}:
            return one
    raise AdminRequestError(f"There is nobody called {named!r}; “users list --all” shows all.")


def _districts(asked: dict[str, Any]) -> dict[str, Any]:
    """Return districts typed as words; an empty word is the whole city."""
    if "districts" not in asked:
        return {}
    named = str(asked.pop("districts")).replace(",", " ").split()
    return {"districts": named} if named else {"whole_city": True}


def _officers(central: Central, chosen: argparse.Namespace) -> int:
    show(central.get("/v1/officers")["officers"],
         ["call_sign", "name", "district", "state", "set_at", "locked_until"],
         as_json=chosen.json)  # fmt: skip
    return 0


def _give_pin(central: Central, chosen: argparse.Namespace) -> int:
    call_sign = quote(wanted_id(chosen), safe="")
    pin = secret_of(values_of(chosen.rest[1:]), "pin", called="PIN")
    done = central.send("POST", f"/v1/officers/{call_sign}/pin", {"pin": pin})
    print(f"{done['call_sign']}  {done['pin']}  (to be replaced at the next log-on; "
          f"{done['ended_sessions']} sessions were ended)")  # fmt: skip
    return 0


def _slips(central: Central, chosen: argparse.Namespace) -> int:
    asked: dict[str, Any] = values_of(chosen.rest)
    slips = central.send("POST", "/v1/officers/slips", {"district": asked.get("district")})["slips"]
    show(slips, ["call_sign", "name", "district", "pin"], as_json=chosen.json)
    return 0


def _officer_history(central: Central, chosen: argparse.Namespace) -> int:
    wanted = wanted_id(chosen)
    for one in central.get("/v1/officers")["officers"]:
        if one["call_sign"] == wanted:
            show_history(central, "unit", one["id"])
            return 0
    raise AdminRequestError(f"There is no unit {wanted} that may log on.")


def _devices(central: Central, chosen: argparse.Namespace) -> int:
    show(central.get("/v1/devices")["devices"],
         ["state", "kind", "label", "last_person", "last_seen_at"],
         as_json=chosen.json)  # fmt: skip
    return 0


def _decide(central: Central, chosen: argparse.Namespace) -> int:
    state = {"admit": "admitted", "restore": "admitted", "block": "blocked", "retire": "blocked"}
    device = wanted_id(chosen)
    central.send("PATCH", f"/v1/devices/{device}", {"state": state[chosen.verb]})
    print(f"{device} is {state[chosen.verb]}.")
    return 0


def _code(central: Central, chosen: argparse.Namespace) -> int:
    made = central.send("POST", "/v1/devices/codes", {"kind": wanted_id(chosen)})
    print(f"{made['code']}  (admits one device, until {made['expires_at']})")
    return 0


def _device_history(central: Central, chosen: argparse.Namespace) -> int:
    show_history(central, "device", wanted_id(chosen))
    return 0


def _roles(central: Central, chosen: argparse.Namespace) -> int:
    for role in central.get("/v1/admin/roles")["roles"]:
        print(role["id"])
        for name, reach in role["rights"].items():
            print(f"    {name}  ({reach})")
    return 0


PEOPLE: dict[str, Verbs] = {
    "users": {
        "list": _users, "add": _add_user, "set": _set_user, "retire": _retire_user,
        "restore": _retire_user, "unlock": _unlock_user, "history": _user_history,
    },
    "officers": {
        "list": _officers, "pin": _give_pin, "slips": _slips, "unlock": _unlock_user,
        "history": _officer_history,
    },
    "devices": {
        "list": _devices, "admit": _decide, "block": _decide, "retire": _decide,
        "restore": _decide, "code": _code, "history": _device_history,
    },
    "roles": {"list": _roles},
}  # fmt: skip
