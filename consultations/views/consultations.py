"""Consultations: reading one, drafting, revising, previewing and publishing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consultations.forms.consultations import ConsultationForm
from consultations.forms.threads import ThreadForm
from consultations.models import Consultation, Phase
from consultations.views.pages import discussions, heads_at, people_only, viewer
from portal.agencies.gates import with_second_factor
from portal.agencies.models import Agency, Member
from portal.http import HtmxRequest, SignedInRequest, rights

OF_PROPOSALS = (Phase.Activity.PROPOSE, Phase.Activity.COEDIT, Phase.Activity.SUPPORT)
READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@rights(read="visible")
@require_safe
def show(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show what is asked, when, how it is decided, and the discussions."""
    live = heads_at(request, slug)
    seen = Consultation.objects.visible_to(request.user).for_display()
    consultation = get_object_or_404(seen, slug=slug)
    context = room(consultation, live) | viewer(request, consultation)
    return render(request, "consultations/consultations/show.html", context)


@rights(read="officer")
@require_safe
@people_only
@with_second_factor
def preview(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show a draft as a citizen will see it."""
    live = heads_at(request, slug)
    own = Consultation.objects.editable_by(request.user).for_display()
    consultation = get_object_or_404(own, slug=slug)
    context = room(consultation, live) | {"roles": "", "is_preview": True}
    return render(request, "consultations/consultations/show.html", context)


@rights(read="officer", write="officer")
@READ_OR_SEND
@people_only
@with_second_factor
def new(request: SignedInRequest, slug: str) -> HttpResponse:
    """Draft a consultation of an agency."""
    own = Agency.objects.where_member(request.user, "officer", "owner")
    agency = get_object_or_404(own, slug=slug)
    form = ConsultationForm(request.POST or None, zone=agency.time_zone)
    if not form.is_valid():
        return write(request, form, agency=agency)
    consultation = Consultation.draft(
        agency=agency,
        by=request.user,
        key=form.cleaned_data["key"],
        phases=form.schedule(),
        premoderated=form.is_premoderated(),
        **form.texts(),
    )
    return redirect("consultations:publication", slug=consultation.slug)


@rights(read="officer", write="officer")
@READ_OR_SEND
@people_only
@with_second_factor
def edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change a draft."""
    drafts = Consultation.objects.editable_by(request.user).for_display()
    consultation = get_object_or_404(drafts, slug=slug)
    consultation.refuse_once_published()
    initial = ConsultationForm.of(consultation)
    zone = consultation.agency.time_zone
    form = ConsultationForm(request.POST or None, zone=zone, initial=initial)
    if not form.is_valid():
        return write(request, form, agency=consultation.agency, consultation=consultation)
    consultation.revise(
        by=request.user,
        phases=form.schedule(),
        premoderated=form.is_premoderated(),
        **form.texts(),
    )
    return redirect("consultations:publication", slug=consultation.slug)


@rights(read="officer", write="officer")
@READ_OR_SEND
@people_only
@with_second_factor
def publication(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say what is missing; show the consultation to everybody when nothing is."""
    own = Consultation.objects.editable_by(request.user).for_display()
    consultation = get_object_or_404(own, slug=slug)
    if request.method == "POST":
        consultation.publish(by=request.user)
        messages.success(request, _("The consultation is now public."))
        return redirect(consultation)
    context = {
        "consultation": consultation,
        "missing": consultation.missing(),
        "has_discussion": consultation.threads.general().exists(),
        "may_invite": consultation.has_staff(request.user, Member.Role.OWNER),
    }
    return render(request, "consultations/consultations/publication.html", context)


def room(consultation: Consultation, live: dict[str, int]) -> dict[str, object]:
    """Gather what the page of a consultation shows."""
    phases = list(consultation.phases.for_display())
    return discussions(consultation) | {
        "live": live,
        "phases": phases,
        "running": sorted(
            (phase for phase in phases if phase.is_running), key=lambda phase: phase.ends_at
        ),
        "is_over": bool(phases) and all(phase.is_past for phase in phases),
        "has_proposals": any(phase.activity in OF_PROPOSALS for phase in phases),
        "form": ThreadForm(),
    }


def write(request: SignedInRequest, form: ConsultationForm, **context: object) -> HttpResponse:
    """Give the one short form, with what keeps it from being sent."""
    status = 422 if form.is_bound else 200
    template = "consultations/consultations/write.html"
    return render(request, template, context | {"form": form}, status=status)
