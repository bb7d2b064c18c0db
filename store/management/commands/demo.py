"""`manage.py demo`: the complete shop on one machine, with a catalog, three users, a shop front and a payment emulator."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.shutdown import ShutdownFlag
from orders.models import Order
from products.models import Product
from store.demo import backdating
from store.demo.accounts import ADMIN, CUSTOMER, PACKER, PASSWORD, create_accounts
from store.demo.catalog import import_catalog
from store.demo.plan import DAYS
from store.demo.provider import EMULATOR_KEY

Process = subprocess.Popen[bytes]


def _get_emulator_settings(emulator_port: int) -> dict[str, str]:
    """Return the settings that connect the shop to the payment emulator."""
    return {
        "STRIPE_SECRET_KEY": EMULATOR_KEY,
        "STRIPE_API_BASE": f"http://127.0.0.1:{emulator_port}",
        "STRIPE_WEBHOOK_SECRET": "whsec_emulator",
    }


class Command(BaseCommand):
    """Starts all parts of the shop, and stops them on Ctrl-C."""

    help = "Migrate, import the demo catalog, create demo users, and run all parts of the shop (DEBUG only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port of the API (default 8000)")
        parser.add_argument("--page-port", type=int, default=5173, help="port of the shop front (default 5173)")
        parser.add_argument("--emulator-port", type=int, default=12111, help="port of the payment emulator (default 12111)")
        parser.add_argument("--empty", action="store_true", help="create no customers and orders")

    def handle(self, *args: Any, port: int, page_port: int, emulator_port: int, empty: bool, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo uses well-known passwords, so it requires DEBUG=1.")
        payments = {} if settings.STRIPE_SECRET_KEY else _get_emulator_settings(emulator_port)
        ports = {"--port": port, "--page-port": page_port} | ({"--emulator-port": emulator_port} if payments else {})
        for name, number in ports.items():
            self._check_free(name, number)
        started_at = timezone.now()
        try:
            is_new = self._prepare()
        except KeyboardInterrupt:
            raise CommandError("Stopped. To complete the import, run manage.py import_products") from None
        shutdown = ShutdownFlag(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        start = partial(self._start, {**payments, "FRONTEND_URL": f"http://localhost:{page_port}"})
        emulator = [self._start_emulator(start, port, emulator_port)] if payments else []
        children = [
            start("-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--log-level", "warning"),
            start("manage.py", "run_jobs"),
            start("manage.py", "sync_payments", "--loop", "60", "--verbosity", "0"),
            start("examples/storefront/serve.py", "--port", str(page_port), "--api", f"http://localhost:{port}"),
        ]
        is_filling = is_new and not empty and not Order.objects.exists()
        if is_filling:
            backdating.backdate_catalog(started_at, started_at - timedelta(days=DAYS + 15))  # before all orders
        filling: list[Process] = []
        try:
            self._wait_for_servers(shutdown, [*emulator, *children], list(ports.values()))
            self._print_urls(port, page_port, emulator_port if payments else None, is_filling=is_filling)
            filling += [start("manage.py", "fill_demo")] if is_filling else []
            self._wait(shutdown, [*emulator, *children])
        finally:
            self._stop([*filling, *children])
            self._stop(emulator)  # last, because the others call it
            self.stdout.write("Stopped.")

    def _start_emulator(self, start: partial[Process], port: int, emulator_port: int) -> Process:
        webhook = f"http://localhost:{port}/api/orders/webhook/"
        file = str(settings.BASE_DIR / "emulator.sqlite3")
        arguments = ("--port", str(emulator_port), "--webhook", webhook, "--file", file)
        return start("-m", "emulator", *arguments, stdout=subprocess.DEVNULL)  # its URL is printed below

    def _stop(self, children: list[Process]) -> None:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()

    def _check_free(self, name: str, port: int) -> None:
        if _is_in_use(port):
            raise CommandError(
                f"Port {port} is in use. Stop the program that uses it, or choose another port: make run ARGS='{name} {port + 1}'"
            )

    def _prepare(self) -> bool:
        """Migrate, and create catalog and users where there are none; return whether the catalog is new."""
        call_command("migrate", verbosity=0)
        is_new = not Product.objects.exists()
        if is_new:
            self.stdout.write("Importing the demo catalog ...")
            try:
                self.stdout.write(import_catalog())
            except CommandError as error:  # what was imported is enough for a demo
                self.stderr.write(str(error))
        create_accounts()
        return is_new

    def _start(self, variables: dict[str, str], *arguments: str, stdout: int | None = None) -> Process:
        # In its own session: if the server receives Ctrl-C and then SIGTERM, it sometimes hangs.
        command = [sys.executable, *arguments]
        environment = {**os.environ, **variables}
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=stdout, start_new_session=True)

    def _print_urls(self, port: int, page_port: int, emulator_port: int | None, *, is_filling: bool) -> None:
        site = f"http://localhost:{port}"
        page = f"http://localhost:{page_port}/"
        lines = (
            "",
            f"  The shop front     {page}",
            f"  The API            {site}/api/products/",
            f"  API reference      {site}/api/docs/",
            f"  The admin          {site}/{settings.ADMIN_PATH}",
            f"  Payments           http://localhost:{emulator_port}/ (an emulator: no account needed, no money moves)"
            if emulator_port
            else "  Payments           Stripe, with the key in .env",
            "",
            f"  Staff      {ADMIN}     {PASSWORD}",
            f"  Packer     {PACKER}    {PASSWORD}",
            f"  Customer   {CUSTOMER}  {PASSWORD}",
            "",
            "  E-mails and text messages are printed here. Ctrl-C stops everything.",
            *(("  A month of orders is being added in the background (none with --empty).",) if is_filling else ()),
            "",
        )
        self.stdout.write("\n".join(lines))

    def _wait_for_servers(self, shutdown: ShutdownFlag, children: list[Process], ports: list[int]) -> None:
        """Wait until all ports accept connections, so that the printed URLs can be opened at once. Raises CommandError."""
        while not all(_is_in_use(port) for port in ports) and not shutdown.wait(0.1):
            self._check_running(children)

    def _wait(self, shutdown: ShutdownFlag, children: list[Process]) -> None:
        """Wait for a signal or the exit of a child process. Raises CommandError if a child exits."""
        while not shutdown.wait(0.5):
            self._check_running(children)

    def _check_running(self, children: list[Process]) -> None:
        exited = next((child for child in children if child.poll() is not None), None)
        if exited is not None:
            raise CommandError(f"A part of the shop exited unexpectedly (exit code {exited.returncode}); see above.")


def _is_in_use(port: int) -> bool:
    """Return whether a program listens on the port."""
    with socket.socket() as probe:
        if probe.connect_ex(("localhost", port)) == 0:
            return True
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:  # browsers try IPv6 first
        return probe.connect_ex(("localhost", port)) == 0
    return False
