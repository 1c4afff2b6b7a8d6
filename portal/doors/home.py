"""The front page, the office and the help."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consultations.models import Consultation
from consultations.models.label import consultation_words
from portal.agencies.gates import roles_of, with_second_factor
from portal.agencies.models import Agency
from portal.doors.directory import CLOSED, OPEN, SOON, FilterForm, directory, found, lines, section
from portal.http import HtmxRequest, SignedInRequest, rights, whole_number
from portal.live.models import heads
from portal.moderation.models.rule import SITE_RULES

LIVE_CARDS = 7
"""A socket listens to at most 8 topics; one is the person's own."""
OWN = 50
EDITORS = ("officer", "owner")


@rights(read="everyone")
@require_safe
def home(request: HtmxRequest) -> HttpResponse:
    """Show what is open, what opens soon and what is over; or what somebody looks for."""
    live = open_heads(request)
    form = FilterForm(request.GET)
    context: dict[str, object] = {
        "live": live,
        "live_topics": " ".join(f"{topic}@{head}" for topic, head in live.items()),
        "form": form,
        "roles": roles_of(request.user),
        "words": consultation_words(),
    }
    if form.is_asked or not form.is_valid():
        before = whole_number(request.GET.get("before", ""))
        listed = found(form.cleaned_data, before=before) if form.is_valid() else ([], None)
        context |= {"listed": listed[0], "older": listed[1], "is_search": True}
    else:
        context |= {state: section(state) for state in (OPEN, SOON, CLOSED)}
    status = 200 if form.is_valid() else 422
    return render(request, "doors/home/show.html", context, status=status)


def open_heads(request: HtmxRequest) -> dict[str, int]:
    """Read how far the open consultations that end first are, before their rows are read."""
    first = directory().filter(clock_state=OPEN).order_by("closes_at", "-pk")
    topics = [f"consultation:{pk}" for pk in first.values_list("pk", flat=True)[:LIVE_CARDS]]
    own = [request.user.topic] if request.user.is_authenticated else []
    return heads([*topics, *own])


@rights(read="official")
@require_safe
@login_required
@with_second_factor
def office(request: SignedInRequest) -> HttpResponse:
    """List what an officer may edit, drafts first, and where a new consultation can be drafted."""
    own = Consultation.objects.editable_by(request.user).for_display()
    agencies = list(Agency.objects.where_member(request.user, *EDITORS).order_by("name"))
    if not agencies and not own.exists():
        raise Http404
    context = {
        "agencies": agencies,
        "drafts": own.filter(publication=None).order_by("-pk")[:OWN],
        "published": lines(own.filter(publication__isnull=False), most=OWN),
        "roles": roles_of(request.user),
        "words": consultation_words(),
    }
    return render(request, "doors/office/show.html", context)


@rights(read="everyone")
@require_safe
def help_page(request: HtmxRequest) -> HttpResponse:
    """Say in plain words what one can do here, and the house rules."""
    is_english = request.LANGUAGE_CODE == "en"
    rules = [
        {"name": rule[1] if is_english else rule[0], "text": rule[3] if is_english else rule[2]}
        for rule in SITE_RULES
    ]
    return render(request, "doors/help/show.html", {"rules": rules})
