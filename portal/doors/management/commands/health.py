"""Says what `/readyz` would say; exit 1 when the site could not serve."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import HttpRequest

from portal.doors.health import readiness


class Command(BaseCommand):
    help = "Print the state of database, migrations, Redis and worker as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--worker", action="store_true", help="insist on a living worker")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        request = HttpRequest()
        request.method = "GET"
        answer = readiness(request)
        self.stdout.write(answer.content.decode())
        if answer.status_code != 200:  # noqa: PLR2004 (HTTP)
            raise CommandError("The site cannot serve.")
        if options["worker"] and json.loads(answer.content)["worker"]["status"] != "ok":
            raise CommandError("The worker gives no sign of life.")
