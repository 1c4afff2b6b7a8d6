"""`verify_journal [--head SEQ:HASH]`: walk the chain and name the first bad line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.journal.models import Entry
from portal.journal.seal import faults, head, seal


class Command(BaseCommand):
    help = "Check the journal's chain; exit 1 and the first bad line when something was changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", help="SEQ:HASH printed earlier; proves that no tail was cut")

    def handle(self, *args: Any, **options: Any) -> None:
        seal()
        if fault := next(faults(), None):
            raise CommandError(fault, returncode=1)
        seq, newest = head()
        if options["head"]:
            self._compare(options["head"])
        self.stdout.write(f"{seq} lines, chain whole, head {seq}:{newest}")

    def _compare(self, kept: str) -> None:
        seq, _colon, digest = kept.partition(":")
        if not seq.isdigit():
            raise CommandError("Give --head as SEQ:HASH, as printed by an earlier run.")
        line = Entry.objects.sealed().filter(seq=int(seq)).first()
        if line is None:
            raise CommandError(f"line {seq} is missing (the tail was cut)", returncode=1)
        if line.hash != digest:
            raise CommandError(f"line {seq} was changed", returncode=1)
