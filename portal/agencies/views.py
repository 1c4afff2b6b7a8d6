"""What a browser may ask of agencies, their members and invitations."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.agencies.forms import AgencyForm, InvitationForm, NewAgencyForm
from portal.agencies.gates import roles_of, with_second_factor
from portal.agencies.jobs import invite
from portal.agencies.models import Agency, Invitation, Member
from portal.http import HtmxRequest, SignedInRequest, rights

UNPROCESSABLE = 422


@rights(read="everyone")
@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    agencies = Agency.objects.visible_to(request.user).order_by("name")
    return render(request, "agencies/agencies/index.html", {"agencies": agencies})


@rights(read="everyone")
@require_safe
def show(request: HtmxRequest, slug: str) -> HttpResponse:
    agency = get_object_or_404(Agency.objects.visible_to(request.user), slug=slug)
    return render(request, "agencies/agencies/show.html", agency_page(request, agency))


@rights(read="administrator", write="administrator")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@with_second_factor
def new(request: SignedInRequest) -> HttpResponse:
    """Add an agency and invite its first owner."""
    if not request.user.is_superuser:
        raise Http404
    form = NewAgencyForm(request.POST or None)
    if not form.is_valid():
        context = {"form": form, "roles": roles_of(request.user)}
        status = UNPROCESSABLE if form.is_bound else 200
        return render(request, "agencies/agencies/new.html", context, status=status)
    said = form.cleaned_data
    owner, key = said.pop("owner"), said.pop("key")
    agency = Agency.establish(by=request.user, **said)
    invite(agency, by=request.user, email=owner, role=Member.Role.OWNER, key=key)
    messages.success(request, _("The invitation is on its way."))
    return redirect("agencies:members", slug=agency.slug)


def agency_page(request: HtmxRequest, agency: Agency) -> dict[str, object]:
    """What the page of an agency shows; the door that knows consultations adds them."""
    is_owned = agency.has_member(request.user, Member.Role.OWNER)
    return {"agency": agency, "is_owned": is_owned, "roles": roles_of(request.user)}


@rights(read="owner|administrator", write="owner|administrator")
@never_cache
@login_required
@with_second_factor
@require_http_methods(["GET", "HEAD", "POST"])
def description(request: SignedInRequest, slug: str) -> HttpResponse:
    agency = _own_agency(request, slug)
    form = AgencyForm(
        request.POST or None, initial={"about": agency.about, "contact": agency.contact}
    )
    if request.method == "POST" and form.is_valid():
        agency.describe(by=request.user, **form.cleaned_data)
        messages.success(request, _("The description is saved."))
        return redirect("agencies:show", slug=agency.slug)
    context = {"agency": agency, "form": form, "roles": roles_of(request.user)}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "agencies/agencies/description.html", context, status=status)


@rights(read="owner|administrator", write="owner|administrator")
@never_cache
@login_required
@with_second_factor
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: SignedInRequest, slug: str) -> HttpResponse:
    agency = _own_agency(request, slug)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        invite(agency, by=request.user, **form.cleaned_data)
        messages.success(request, _("The invitation is on its way."))
        return redirect("agencies:members", slug=agency.slug)
    return _member_page(request, agency, form)


def _member_page(request: SignedInRequest, agency: Agency, form: InvitationForm) -> HttpResponse:
    context = {
        "agency": agency,
        "form": form,
        "members": agency.members.current().select_related("person").order_by("since"),
        "invitations": agency.invitations.waiting().order_by("expires_at"),
        "roles": roles_of(request.user),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "agencies/members/index.html", context, status=status)


@rights(write="owner|administrator")
@require_http_methods(["POST", "DELETE"])
@login_required
@with_second_factor
def member(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    agency = _own_agency(request, slug)
    get_object_or_404(agency.members.current(), pk=pk).end(by=request.user)
    messages.success(request, _("The role has ended."))
    return redirect("agencies:members", slug=agency.slug)


@rights(write="owner|administrator")
@require_http_methods(["POST", "DELETE"])
@login_required
@with_second_factor
def invitation(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    agency = _own_agency(request, slug)
    get_object_or_404(agency.invitations.waiting(), pk=pk).withdraw(by=request.user)
    messages.success(request, _("The invitation has been withdrawn."))
    return redirect("agencies:members", slug=agency.slug)


@rights(read="invited", write="invited")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def acceptance(request: SignedInRequest, token: str) -> HttpResponse:
    found = get_object_or_404(Invitation.objects.for_token(token, request.user))
    if request.method == "POST":
        Invitation.accept(token=token, by=request.user)
        messages.success(request, _("You now have this role."))
        return redirect("agencies:show", slug=found.agency.slug)
    return render(request, "agencies/invitations/show.html", {"invitation": found})


def _own_agency(request: SignedInRequest, slug: str) -> Agency:
    every = Agency.objects.visible_to(request.user)
    if not request.user.is_superuser:
        every = every.where_member(request.user, Member.Role.OWNER)
    return get_object_or_404(every, slug=slug)
