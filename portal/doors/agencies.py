"""The page of an agency with its consultations."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from consultations.models import Consultation
from consultations.models.label import consultation_words
from portal.agencies.models import Agency
from portal.agencies.views import agency_page
from portal.http import HtmxRequest, rights

SHOWN = 50


@rights(read="everyone")
@require_safe
def show(request: HtmxRequest, slug: str) -> HttpResponse:
    agency = get_object_or_404(Agency.objects.visible_to(request.user), slug=slug)
    found = Consultation.objects.visible_to(request.user).for_display().filter(agency=agency)
    context = agency_page(request, agency) | {
        "consultations": found.order_by("-pk")[:SHOWN],
        "words": consultation_words(),
    }
    return render(request, "doors/agencies/show.html", context)
