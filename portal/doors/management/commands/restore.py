"""`restore FILE [--yes]`: bring a backup back into an empty database, and check it."""

import tarfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.doors.management.backups import restore
from portal.refusals import Refused


class Command(BaseCommand):
    help = "Put a backup in the place of database and media. Stop the site first."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--yes", action="store_true", help="replace what is there")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            manifest = restore(
                options["file"].absolute(), is_sure=options["yes"], say=self.stdout.write
            )
        except (OSError, tarfile.TarError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        except Refused as refusal:
            raise CommandError(str(refusal.reason)) from refusal
        self.stdout.write(
            f"Restored as of {manifest.made_at}: journal whole, head {manifest.journal}. "
            "Run `bin/portal migrate` and start the site; everybody signs in again."
        )
