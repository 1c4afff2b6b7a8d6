"""Keeps somebody out of the site, or lets them in again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import User
from portal.moderation.models import Block
from portal.refusals import Refused


class Command(BaseCommand):
    help = "Block an account: every door and every open page of it closes. --lift opens them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--by", required=True, help="address of a platform administrator")
        parser.add_argument("--reason", default="", help="why; at least 20 characters")
        parser.add_argument("--lift", action="store_true", help="end the block")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        person, by = (self._account(options[name]) for name in ("email", "by"))
        try:
            if options["lift"]:
                self._lift(person, by)
            else:
                Block.impose(person, by=by, reason=options["reason"])
        except Refused as refusal:
            raise CommandError(str(refusal.reason)) from refusal
        done = "may sign in again" if options["lift"] else "is blocked"
        self.stdout.write(f"{person.email} {done}.")

    def _lift(self, person: User, by: User) -> None:
        block = Block.objects.filter(person=person, lifted_at=None).first()
        if block is None:
            raise CommandError(f"{person.email} is not blocked.")
        block.lift(by=by)

    def _account(self, email: str) -> User:
        try:
            return User.objects.get(email=email.lower())
        except User.DoesNotExist:
            raise CommandError(f"{email} has no account.") from None
