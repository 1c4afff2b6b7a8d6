"""The same pages the obvious way: query sets that a reviewer would praise, a template per row.

No query per row, and the tallies stand on the row as ours do (counted per page with GROUP BY it
cost three times as much): what is compared is Django with its usual means, not a slow query.
"""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from consultations.models import Comment, Opinion, Participant, Thread

PAGE = 50


@require_safe
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a page of comments with their tallies and one's own opinions."""
    seen = Thread.objects.select_related("consultation__agency")
    found = get_object_or_404(seen, pk=pk, consultation__publication__isnull=False)
    comments = (
        Comment.objects.filter(thread=found)
        .exclude(state="held")
        .select_related("author", "decision__rule")
        .order_by("place")
    )
    if request.user.is_authenticated:
        own = Opinion.objects.filter(comment=OuterRef("pk"), participant__person=request.user)
        comments = comments.annotate(own=Subquery(own.values("value")[:1]))
    page = Paginator(comments, PAGE).get_page(request.GET.get("page"))
    return render(request, "thread.html", {"thread": found, "page": page})


@require_safe
def comment(_request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the thread."""
    return redirect("thread", pk=get_object_or_404(Comment, pk=pk).thread_id)


@require_POST
@login_required
def opinion(request: HttpRequest, pk: int) -> HttpResponse:
    """Set an opinion: fetch, check, `update_or_create`, as the documentation does."""
    said = get_object_or_404(
        Comment.objects.select_related("thread__consultation"), pk=pk, state="visible"
    )
    consultation = said.thread.consultation
    now = timezone.now()
    running = consultation.phases.filter(activity="comment", starts_at__lte=now, ends_at__gt=now)
    if not running.exists():
        return HttpResponseForbidden()
    me, _made = Participant.objects.get_or_create(
        consultation=consultation,
        person_id=request.user.pk,
        defaults={"pseudonym": "Warga"},
    )
    Opinion.objects.update_or_create(
        comment=said, participant=me, defaults={"value": int(request.POST["value"])}
    )
    return redirect("thread", pk=said.thread_id)
