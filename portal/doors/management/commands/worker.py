"""Runs the jobs: notices, seals, renderings. The site keeps every promise without it, later."""

from argparse import ArgumentParser
from typing import Any, cast

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector


class Command(BaseCommand):
    help = "Run the jobs until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="jobs at once")
        parser.add_argument("--once", action="store_true", help="run what waits, then end")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        connector = cast("DjangoConnector", app.connector).get_worker_connector()
        with app.replace_connector(connector) as working:
            working.run_worker(
                concurrency=options["concurrency"],
                wait=not options["once"],
                delete_jobs="successful",
                shutdown_graceful_timeout=10,
                install_signal_handlers=True,
            )
