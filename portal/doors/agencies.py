"""The page of an agency with its consultations."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from consultations.models import Consultation
from consultations.models.consultation import EDITORS
from consultations.models.label import consultation_words
from portal.agencies.models import Agency
from portal.agencies.views import agency_page
from portal.doors.directory import lines
from portal.http import HtmxRequest, rights, whole_number

SHOWN = 50


@rights(read="everyone")
@require_safe
def show(request: HtmxRequest, slug: str) -> HttpResponse:
    agency = get_object_or_404(Agency.objects.visible_to(request.user), slug=slug)
    before = whole_number(request.GET.get("before", ""))
    own = Consultation.objects.filter(agency=agency).for_display().order_by("-pk")
    public = own.published().filter(pk__lt=before) if before else own.published()
    listed = lines(public, most=SHOWN + 1)
    context = agency_page(request, agency)
    is_inside = bool(context["roles"])  # who holds no role anywhere is asked for none here
    drafts = own.visible_to(request.user).filter(publication=None) if is_inside else own.none()
    context |= {
        "listed": listed[:SHOWN],
        "older": listed[SHOWN - 1].consultation.pk if len(listed) > SHOWN else None,
        "drafts": drafts[:SHOWN],
        "may_draft": is_inside and agency.has_member(request.user, *EDITORS),
        "words": consultation_words(),
    }
    return render(request, "doors/agencies/show.html", context)
