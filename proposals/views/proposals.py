"""Proposals: reading them, putting one before the others, writing its text."""

from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from consultations.models import Consultation, Phase
from consultations.views.pages import heads_at, heads_for, people_only, viewer
from portal.http import HtmxRequest, SignedInRequest, rights, whole_number
from portal.limits import WORDS
from proposals.forms.proposals import FreezingForm, ProposalForm, SearchForm, TextForm
from proposals.models import Proposal
from proposals.models.proposal import ProposalQuerySet, proposal_words

LISTED = 24
BY_SUPPORT = "supports"
READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@rights(read="visible")
@require_safe
def index(request: HtmxRequest, slug: str) -> HttpResponse:
    """List the proposals of a consultation in the order of the address, from a place in it on."""
    live = heads_at(request, slug)
    seen = Consultation.objects.visible_to(request.user).for_display()
    consultation = get_object_or_404(seen, slug=slug)
    form = SearchForm(request.GET)
    context = viewer(request, consultation) | {
        "live": live,
        "form": form,
        **listed(request, consultation, words=form.words),
        "phase": consultation.phase_of(Phase.Activity.PROPOSE),
        "words": proposal_words(),
    }
    return render(request, "proposals/proposals/index.html", context)


def listed(request: HtmxRequest, consultation: Consultation, *, words: str) -> dict[str, object]:
    """Give one page of the list, and where the next one begins."""
    is_by_support = request.GET.get("order") == BY_SUPPORT
    before, below = (whole_number(request.GET.get(name, "")) for name in ("before", "below"))
    fitting = proposals_for(request).filter(consultation=consultation).saying(words).for_cards()
    ordered = (
        fitting.most_supported(below=below, pk=before) if is_by_support else fitting.before(before)
    )
    rows = list(ordered[: LISTED + 1])
    return {
        "proposals": rows[:LISTED],
        "rest": rows[LISTED - 1] if len(rows) > LISTED else None,
        "is_by_support": is_by_support,
        "looked_for": words,
        "search": f"&{urlencode({'q': words})}" if words else "",
    }


@rights(read="citizen", write="citizen", pace=WORDS)
@READ_OR_SEND
@people_only
def new(request: SignedInRequest, slug: str) -> HttpResponse:
    """Offer the form of a proposal, and take one."""
    seen = Consultation.objects.visible_to(request.user).for_display()
    consultation = get_object_or_404(seen, slug=slug)
    form = ProposalForm(sent(request))
    if form.is_valid():
        started = Proposal.start(
            consultation=consultation, author=request.user, **form.cleaned_data
        )
        return redirect(started)
    context = viewer(request, consultation) | {
        "form": form,
        "phase": consultation.phase_of(Phase.Activity.PROPOSE),
    }
    return render(request, "proposals/proposals/new.html", context, status=status_of(form))


@rights(read="visible")
@require_safe
def show(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show a proposal: its text, who stands behind it, where it is discussed."""
    live = heads_for(request, f"proposal:{pk}")
    proposal = get_object_or_404(proposals_for(request).for_display(), pk=pk)
    document = getattr(proposal, "document", None)
    context = viewer(request, proposal.consultation) | {
        "live": live,
        "proposal": proposal,
        "document": document,
        "thread": proposal.thread(),
        "words": proposal_words(),
        "document_words": document.partial_context()["words"] if document else {},
        "is_supported": proposal.is_supported_by(request.user),
        "open": open_activities(proposal.consultation),
        "freezing_form": FreezingForm(auto_id="freezing-%s"),
    }
    return render(request, "proposals/proposals/show.html", context)


@rights(read="citizen")
@require_safe
@people_only
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Open the editor; who may not write now reads along."""
    live = heads_for(request, f"proposal:{pk}")
    proposal = with_text(request, pk)
    why_closed = proposal.document.why_closed_to(request.user)
    context = viewer(request, proposal.consultation) | {
        "live": live,
        "proposal": proposal,
        "document": proposal.document,
        "words": proposal_words(),
        "why_closed": why_closed,
        "is_read_only": bool(why_closed),
    }
    return render(request, "proposals/proposals/edit.html", context)


@rights(read="citizen", write="citizen")
@READ_OR_SEND
@people_only
def text(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer the text as a plain form, the equal way to the editor, and take it."""
    proposal = with_text(request, pk)
    form = TextForm(sent(request))
    if form.is_valid():
        proposal.document.write_plain(by=request.user, **form.cleaned_data)
        return redirect(proposal)
    why_closed = proposal.document.why_closed_to(request.user)
    if not form.is_bound and not why_closed:
        words, number = proposal.document.form_text()
        form.initial.update(text=words, base=number)
    context = viewer(request, proposal.consultation) | {
        "proposal": proposal,
        "form": form,
        "why_closed": why_closed,
    }
    return render(request, "proposals/proposals/text.html", context, status=status_of(form))


def proposals_for(request: HtmxRequest) -> ProposalQuerySet:
    """Give what this person may see."""
    seen: ProposalQuerySet = Proposal.objects.visible_to(request.user)
    return seen


def with_text(request: SignedInRequest, pk: int) -> Proposal:
    """Give a proposal whose text may be read here: not a hidden one, nor one without a text."""
    seen = proposals_for(request).exclude(state=Proposal.State.HIDDEN)
    return get_object_or_404(seen.filter(document__isnull=False).for_display(), pk=pk)


def open_activities(consultation: Consultation) -> set[str]:
    """Give what one may do now, by the clock of the database; in a draft nothing."""
    running = consultation.phases.running().values_list("activity", flat=True)
    return set(running) if consultation.is_published else set()


def sent(request: HtmxRequest) -> QueryDict | None:
    """Give what was sent, be it nothing at all; a page that is only read sends no form."""
    return request.POST if request.method == "POST" else None


def status_of(form: ProposalForm | TextForm) -> int:
    """A form that was sent and came back is a 422."""
    return 422 if form.is_bound else 200
