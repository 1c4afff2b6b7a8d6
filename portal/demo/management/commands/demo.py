"""`bin/portal demo`: the town Kota Rembuk, and its accounts."""

from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.demo.town import PASSWORD, Town
from portal.refusals import Refused


class Command(BaseCommand):
    help = "Make the demo town Kota Rembuk; what is there already is left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset", action="store_true", help="empty the demo town first and make it again"
        )

    def handle(self, *_args: Any, reset: bool, **_options: Any) -> None:
        started = monotonic()
        try:
            town = Town(now=timezone.now(), say=self.stdout.write)
            if reset:
                town.clear()
            made = town.build()
        except Refused as refused:
            raise CommandError(str(refused.reason)) from refused
        self.stdout.write(f"Kota Rembuk: {made} consultations made, {monotonic() - started:.1f} s")
        self._print_accounts(town)

    def _print_accounts(self, town: Town) -> None:
        rows = [("", "mail", "password")]
        rows += [(role.key, role.mail, PASSWORD) for role in town.accounts()]
        for row in rows:
            self.stdout.write("  {:<12}{:<34}{}".format(*row))
