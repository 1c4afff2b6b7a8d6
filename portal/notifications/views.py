"""What a person is told."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.http import SignedInRequest, rights, whole_number
from portal.live.models import heads
from portal.notifications.models import (
    LISTED,
    Notification,
    attach_things,
    notification_words,
)


@rights(read="citizen", write="citizen")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """List what happened, newest first; a POST says that it was read."""
    if request.method == "POST":
        Notification.read_all(request.user, until=whole_number(request.POST.get("until", "")) or 0)
        return redirect("notifications:index")
    live = heads([request.user.topic])
    before = whole_number(request.GET.get("before", ""))
    own = Notification.objects.visible_to(request.user).for_display()
    rows = list(own.before(before)[: LISTED + 1])
    attach_things(rows[:LISTED])
    context = {
        "live": live,
        "notifications": rows[:LISTED],
        "older": rows[LISTED - 1].pk if len(rows) > LISTED else None,
        "unread": any(not notification.is_read for notification in rows),
        "words": notification_words(),
    }
    return render(request, "notifications/notifications/index.html", context)
