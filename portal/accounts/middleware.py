"""What answers about one's own account have in common."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

GetResponse = Callable[[HttpRequest], HttpResponse]
OWN = ("account/", "me/")


class PrivateMiddleware:
    """Pages about one's own account lie in no cache, also not in that of a shared computer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if request.path.removeprefix("/en").lstrip("/").startswith(OWN):
            add_never_cache_headers(answer)
        return answer
