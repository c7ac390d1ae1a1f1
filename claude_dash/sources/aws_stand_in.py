"""Whoever stands in for the network answers the SDK as well, out of nothing but its request."""

import os
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx

KEYS = "stand-in"  # signs what reaches nobody
# In the place of what this machine says of AWS: config key, environment variable, value.
UNSET = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ca_bundle": (None, None, None, None),
}


def bare_session() -> Any:  # noqa: ANN401 - no stubs
    """Return a session of the SDK that knows neither the profiles nor the keys of this machine."""
    from botocore.session import get_session  # noqa: PLC0415 - start-up is fast

    session = get_session(UNSET)
    session.set_credentials(KEYS, KEYS)
    return session


def stand_in(client: Any, transport: httpx.BaseTransport) -> None:  # noqa: ANN401 - no stubs
    """Have every request of a client answered by `transport`; none is sent."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - start-up is fast

    def answer(request: Any, **_: Any) -> Any:  # noqa: ANN401 - the library's event
        headers = [(name, value) for name, value in request.headers.items() if value]
        asked = httpx.Request(request.method, request.url, headers=headers, content=request.body)
        found = transport.handle_request(asked)
        return AWSResponse(request.url, found.status_code, found.headers, _Body(found.read()))

    client.meta.events.register("before-send", answer)


class _Body(BytesIO):
    """The bytes of an answer, as the SDK takes them."""

    def stream(self) -> Iterator[bytes]:
        """Yield all of them."""
        yield self.read()
