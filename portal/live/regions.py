"""Answers to a page that fetches one of its regions again: drawn once for all who see the same."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

from portal.live.models import heads
from portal.live.publish import Addressed

REGION = "Live-Region"
NUMBERS = "Live-Numbers"
"""Up to which numbers an answer knows: what is pushed after them is newer."""

KEPT = 256

Key = tuple[str, str, int, str]


class Drawn:
    """The newest regions of this process, by address, topic, number and language."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, str] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, draw: Callable[[], str]) -> str:
        """Give the region, drawn now if it is not known at this number."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        html = draw()
        with self._lock:
            self._kept[key] = html
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return html

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


drawn = Drawn()


def region_answer(
    request: HttpRequest, noun: Addressed, draw: Callable[[], str]
) -> HttpResponse | None:
    """Answer `live.js` when it fetches a region; gives nothing for an ordinary request.

    The view has fetched the noun through its gate. `draw` renders what is the same for every
    viewer of the topic; it is called after the number was read, and not at all when somebody
    else got the same region at the same number.
    """
    if REGION not in request.headers:
        return None
    number = heads([noun.topic])[noun.topic]
    language = get_language() or ""
    tag = f'"{number}-{language}"'
    answer: HttpResponse
    # A packed answer's tag is weak: the bytes differ, the region does not.
    if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
        answer = HttpResponseNotModified()
    else:
        key = (request.get_full_path(), noun.topic, number, language)
        answer = HttpResponse(drawn.get(key, draw))
    answer["ETag"] = tag
    answer[NUMBERS] = f"{noun.topic}@{number}"
    answer["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, [REGION, "Cookie", "Accept-Language"])
    return answer
