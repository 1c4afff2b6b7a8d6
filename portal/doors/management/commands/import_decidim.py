"""`import_decidim DIR --agency SLUG --slug SLUG`: prints one line of JSON with the figures."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from portal.doors.importers.decidim_import import import_decidim
from portal.doors.importers.taking_over import Target
from portal.refusals import Refused


class Command(BaseCommand):
    help = "Take over proposals, supports and threads of a Decidim process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the folder and where it goes."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--agency", required=True, help="slug; created when missing")
        parser.add_argument("--slug", required=True, help="slug of the consultation")
        parser.add_argument("--prefix", default="", help="of the files, as in sample-proposals.csv")

    def handle(self, *args: object, **options: object) -> None:
        """Import everything or nothing."""
        try:
            target = Target(str(options["agency"]), str(options["slug"]))
            figures = import_decidim(
                Path(str(options["folder"])),
                target,
                stream=sys.stderr,
                prefix=str(options["prefix"]),
            )
        except Refused as refusal:
            raise CommandError(str(refusal.reason)) from refusal
        self.stdout.write(json.dumps(figures))
