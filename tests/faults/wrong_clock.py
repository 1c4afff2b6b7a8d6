"""The settings of a process whose clock is wrong by `HOURS_OFF`; the database's is right."""

import os
import time
from datetime import datetime, timedelta

from django.utils import timezone

from tests.settings import *  # noqa: F403

HOURS_OFF = float(os.environ["HOURS_OFF"])
_now, _time = timezone.now, time.time


def now() -> datetime:
    return _now() + timedelta(hours=HOURS_OFF)


timezone.now = now
time.time = lambda: _time() + HOURS_OFF * 3600
