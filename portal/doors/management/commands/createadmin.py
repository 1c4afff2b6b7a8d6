"""Makes the first platform administrator, who then makes agencies and their owners."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from portal.accounts.models import User


class Command(BaseCommand):
    help = "Make a platform administrator; the password is asked for, or read from a pipe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--pseudonym", default="Administrator")

    @transaction.atomic
    def handle(self, *_arguments: Any, **options: Any) -> None:
        email = options["email"].lower()
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} has an account already.")
        password = getpass() if sys.stdin.isatty() else sys.stdin.readline().strip()
        try:
            validate_email(email)
            validate_password(password, User(email=email, pseudonym=options["pseudonym"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        person = User.objects.create_superuser(email, password, pseudonym=options["pseudonym"])
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        self.stdout.write(f"{email} may sign in now and must add a second factor.")
