"""How a person is read at every request: with the word whether any agency ever gave a role."""

from collections.abc import Collection

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
        user = self.read([user_id]).get(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None

    def read(self, user_ids: Collection[int]) -> dict[int, User]:
        """Read people, those too who are blocked, in one statement."""
        roles = Member.objects.filter(person=OuterRef("pk"))
        found = User.objects.annotate(holds_no_role=~Exists(roles))  # type: ignore[no-redef]
        return {user.pk: user for user in found.filter(pk__in=user_ids)}
