"""The live part of a web process: what starts with it and ends with it."""

import logging

from django.conf import settings

from portal.live.polls import Polls
from portal.live.socket import rights
from portal.live.wire import Wire, the_hub

logger = logging.getLogger(__name__)


class Lifespan:
    """Started and stopped by the server; `bye` is said before sockets are closed."""

    def __init__(self) -> None:
        self._wire: Wire | None = None
        self._polls: Polls | None = None

    async def start(self) -> None:
        """Bind the hub to the loop, connect to the other processes, begin to ask."""
        hub = the_hub()
        hub.bind()
        rights.watch()
        self._polls = Polls(hub, rights)
        self._wire = Wire(hub, settings.REDIS_URL, caught_up=self._polls.soon)
        await self._wire.start()
        self._polls.start()

    async def bye(self) -> None:
        """Tell every page to come back within 5 s, and flush what is held."""
        await the_hub().bye()

    async def stop(self) -> None:
        """Stop asking and disconnect."""
        if self._polls is not None:
            await self._polls.stop()
        if self._wire is not None:
            await self._wire.stop()
        the_hub().unbind()
        self._wire = self._polls = None

    @property
    def state(self) -> str:
        """For `/readyz`: ok, degraded (no other process is heard), or off."""
        if self._wire is None:
            return "off"
        return "ok" if self._wire.is_healthy else "degraded"


lifespan = Lifespan()
start, stop, bye = lifespan.start, lifespan.stop, lifespan.bye
