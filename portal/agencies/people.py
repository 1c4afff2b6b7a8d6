"""How a person is read at every request: with the word whether any agency ever gave a role."""

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef

from portal.accounts.models import User
from portal.agencies.models import Member


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is untyped
    """Signs people in as allauth does; reads them with `holds_no_role`.

    Most people hold none. Their gates then leave the roles out, which is half of what the database
    plans for a page of a discussion.
    """

    def get_user(self, user_id: int) -> User | None:
        """Read the person of a login session."""
        roles = Member.objects.filter(person=OuterRef("pk"))
        found = User.objects.annotate(holds_no_role=~Exists(roles))  # type: ignore[no-redef]
        user = found.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
