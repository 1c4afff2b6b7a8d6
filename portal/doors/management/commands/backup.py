"""`backup FILE`: the database and the media in one file, while the site runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.doors.management.backups import back_up
from portal.refusals import Refused


class Command(BaseCommand):
    help = "Write database and media to one file; the site goes on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        file = options["file"].absolute()
        if not file.parent.is_dir():
            raise CommandError(f"{file.parent} is no folder: make it first.")
        try:
            manifest = back_up(file, say=self.stdout.write)
        except Refused as refusal:
            raise CommandError(str(refusal.reason)) from refusal
        size = file.stat().st_size / 1_000_000
        self.stdout.write(f"{file}: {size:.1f} MB, journal head {manifest.journal}")
