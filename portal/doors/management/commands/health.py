"""Says what `/readyz` would say; exit 1 when the site could not serve."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import HttpRequest

from portal.doors.health import readiness


class Command(BaseCommand):
    help = "Print the state of database, migrations, Redis and worker as JSON."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        request = HttpRequest()
        request.method = "GET"
        answer = readiness(request)
        self.stdout.write(answer.content.decode())
        if answer.status_code != 200:  # noqa: PLR2004 (HTTP)
            raise CommandError("The site cannot serve.")
