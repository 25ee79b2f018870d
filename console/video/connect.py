"""Connecting to a camera, bare or encrypted; what goes wrong is said in the camera's terms."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl

from console.video.address import Patience, StreamAddress
from console.video.trouble import Trouble, VideoError


@functools.cache
def _secured(ca: str | None) -> ssl.SSLContext:
    """Return what encrypts; without an authority it proves nothing: cameras sign alone.

    Raises:
        OSError: The authority's file cannot be read; ``ssl.SSLError`` where it holds none.
    """
    if ca is not None:
        return ssl.create_default_context(cafile=ca)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def connected(
    address: StreamAddress, patience: Patience
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return the two ends of a connection.

    Raises:
        VideoError: There is none.
    """
    try:
        async with asyncio.timeout(patience.connect_s):
            secure = _secured(patience.ca) if address.secure else None
            return await asyncio.open_connection(address.host, address.port, ssl=secure)
    except TimeoutError as error:
        raise VideoError(Trouble.TIMED_OUT, address.url, "connecting", ran_out=True) from error
    except ssl.SSLCertVerificationError as error:
        raise VideoError(Trouble.UNPROVEN, address.url, str(error)) from error
    except ssl.SSLError as error:
        raise VideoError(Trouble.GARBAGE, address.url, str(error)) from error
    except ConnectionRefusedError as error:
        raise VideoError(Trouble.REFUSED, address.url, str(error)) from error
    except (OSError, socket.gaierror) as error:
        raise VideoError(Trouble.UNREACHABLE, address.url, str(error)) from error
