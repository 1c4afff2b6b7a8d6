"""`python -m portal <command>`: fills in the services that the environment does not name."""

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from portal.services import ServiceError, ensure


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        services = ensure(Path(__file__).resolve().parent.parent)
    except ServiceError as error:
        sys.exit(str(error))
    with services:
        os.environ["DATABASE_URL"] = services.database_url
        os.environ["REDIS_URL"] = services.redis_url
        try:
            execute_from_command_line(["portal", *sys.argv[1:]])
        except ImproperlyConfigured as error:
            sys.exit(f"python -m portal: {error}")


if __name__ == "__main__":
    main()
