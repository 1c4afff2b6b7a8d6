"""How often a person, or a network without one, may do a thing: counted in Redis, else here.

A rate is a bucket: the whole number at once, then one after the other. Of several rates all are
spent, or none. Without Redis each process counts by itself: never not at all.
"""

import ipaddress
import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import redis
from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

MINUTE, DAY = 60, 86_400
CROWD = 20
"""How many busy people one network is taken for: a village, an office share an address."""
REST = 5.0
"""Seconds for which Redis is not asked after it did not answer."""
KEPT = 10_000

# KEYS: buckets. ARGV: for each the milliseconds of one spending, and those of the whole bucket.
SPEND = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local wait, full = 0, {}
for i, key in ipairs(KEYS) do
  local one, whole = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  full[i] = math.max(now, tonumber(redis.call('GET', key) or now)) + one
  wait = math.max(wait, math.floor(full[i] - whole - now))
end
if wait <= 0 then
  for i, key in ipairs(KEYS) do
    local rest = math.max(1, math.ceil(full[i] - now))
    redis.call('SET', key, string.format('%.0f', full[i]), 'PX', rest)
  end
end
return wait
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `number` in so many seconds."""

    number: int
    seconds: int

    @property
    def one(self) -> float:
        """Milliseconds after which one more may be done."""
        return 1000 * self.seconds / self.number

    @property
    def whole(self) -> float:
        return 1000.0 * self.seconds

    def times(self, number: int) -> "Rate":
        """Give the rate of so many."""
        return Rate(self.number * number, self.seconds)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one kind of thing may be done."""

    name: str
    rates: tuple[Rate, ...]

    def spend(self, *, person: int | None, address: str) -> int:
        """Count one by the person and by the network: seconds to wait, 0 when it may be done."""
        whose = [] if person is None else [(f"person:{person}", 1)]
        whose.append((f"network:{network(address)}", CROWD))
        buckets = [
            (f"limit:{self.name}:{who}:{rate.seconds}", rate.times(many * settings.LIMITS_TIMES))
            for who, many in whose
            for rate in self.rates
        ]
        return math.ceil(_wait(buckets) / 1000)


WORDS = Pace("words", (Rate(10, MINUTE), Rate(100, DAY)))
OPINIONS = Pace("opinions", (Rate(60, MINUTE),))
ACTS = Pace("acts", (Rate(30, MINUTE),))

Buckets = Sequence[tuple[str, Rate]]


def network(address: str) -> str:
    """Give the network of an address: /24, or /64 where every household has one."""
    return _around(address, {4: 24, 6: 64})


def household(address: str) -> str:
    """Give whoever shares one line: an address, or /64, of which one line can use every address."""
    return _around(address, {4: 32, 6: 64})


def _around(address: str, width: Mapping[int, int]) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "here"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, width[found.version]), strict=False))


class Shelf:
    """Buckets of this process alone."""

    def __init__(self) -> None:
        self._full: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, buckets: Buckets) -> float:
        """Spend one of each, or nothing: milliseconds to wait."""
        now = time.monotonic() * 1000
        with self._lock:
            full = {key: max(now, self._full.get(key, now)) + rate.one for key, rate in buckets}
            wait = max(math.floor(full[key] - rate.whole - now) for key, rate in buckets)
            if wait <= 0:
                self._tidy(now)
                self._full |= full
        return max(0.0, wait)

    def _tidy(self, now: float) -> None:
        if len(self._full) > KEPT:
            self._full = {key: moment for key, moment in self._full.items() if moment > now}


class Once:
    """A rate of this process for everybody together: what is logged seldom."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._shelf = Shelf()

    def spend(self) -> bool:
        """Say whether it may be done once more now."""
        return self._shelf.wait([("", self._rate)]) <= 0


_shelf = Shelf()
_resting_until = [0.0]


def _wait(buckets: Buckets) -> float:
    """Ask Redis; when it is away, count here and leave it alone for a while."""
    if settings.REDIS_URL and time.monotonic() >= _resting_until[0]:
        try:
            return float(_counted(buckets))
        except (redis.RedisError, OSError, ValueError) as error:
            _resting_until[0] = time.monotonic() + REST
            logger.warning("limits: Redis is away, this process counts by itself: %s", error)
    return _shelf.wait(buckets)


def _counted(buckets: Buckets) -> int:
    site = connection.settings_dict["NAME"]
    keys = [f"{site}:{key}" for key, _rate in buckets]
    numbers = [number for _key, rate in buckets for number in (rate.one, rate.whole)]
    return int(cast("int", _script()(keys=keys, args=numbers)))


@cache
def _script() -> "redis.commands.core.Script":
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        max_connections=settings.HTTP_THREADS + 4,
    )
    return client.register_script(SPEND)
