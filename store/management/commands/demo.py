"""`manage.py demo`: the whole shop on one machine, with a catalog, two users, a shop front and a payment emulator."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from core.shutdown import ShutdownFlag
from products.models import Product

ADMIN, CUSTOMER, PASSWORD = "admin@example.com", "customer@example.com", "demo-demo-demo"
QUIET = ("--log-level", "warning", "store.wsgi:application")


def _payments_of(emulator_port: int) -> dict[str, str]:
    """Return the settings by which the shop is paid at the emulator."""
    return {
        "STRIPE_SECRET_KEY": "sk_test_emulator",
        "STRIPE_API_BASE": f"http://127.0.0.1:{emulator_port}",
        "STRIPE_WEBHOOK_SECRET": "whsec_emulator",
    }


class Command(BaseCommand):
    """Starts everything, and stops it all on Ctrl-C."""

    help = "Migrate, import the demo catalog, make demo users, and run all parts of the shop (DEBUG only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the API (default 8000)")
        parser.add_argument("--page-port", type=int, default=5173, help="of the shop front (default 5173)")
        parser.add_argument("--emulator-port", type=int, default=12111, help="of the payment emulator (default 12111)")

    def handle(self, *args: Any, port: int, page_port: int, emulator_port: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This is a demo with well-known passwords; it runs with DEBUG=1 only.")
        payments = {} if settings.STRIPE_SECRET_KEY else _payments_of(emulator_port)
        wanted = {"--port": port, "--page-port": page_port} | ({"--emulator-port": emulator_port} if payments else {})
        for name, number in wanted.items():
            self._check_free(name, number)
        try:
            self._prepare()
        except KeyboardInterrupt:
            raise CommandError("Stopped. What was not imported yet: manage.py import_products") from None
        stop = ShutdownFlag(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        started = partial(self._start, {**payments, "FRONTEND_URL": f"http://localhost:{page_port}"})
        children = [
            started("-m", "granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "4", *QUIET),
            started("manage.py", "run_jobs"),
            started("manage.py", "sync_payments", "--loop", "60", "--verbosity", "0"),
            started("examples/storefront/serve.py", "--port", str(page_port), "--api", f"http://localhost:{port}"),
        ]
        if payments:
            webhook = f"http://localhost:{port}/api/orders/webhook/"
            file = str(settings.BASE_DIR / "emulator.sqlite3")
            given = ("--port", str(emulator_port), "--webhook", webhook, "--file", file)
            children.append(started("-m", "emulator", *given, stdout=subprocess.DEVNULL))  # where it is, is said below
        self._say(port, page_port, emulator_port if payments else None)
        try:
            self._wait(stop, children)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                try:
                    child.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    child.kill()
            self.stdout.write("Stopped.")

    def _check_free(self, name: str, port: int) -> None:
        with socket.socket() as probe:
            is_free = probe.connect_ex(("localhost", port)) != 0
        with suppress(OSError), socket.socket(socket.AF_INET6) as probe:  # where other programs may be that a browser finds first
            is_free &= probe.connect_ex(("localhost", port)) != 0
        if not is_free:
            raise CommandError(
                f"Port {port} is in use. Stop what listens there, or choose another: make run ARGS='{name} {port + 1}'"
            )

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0)
        if not Product.objects.exists():
            self.stdout.write("Importing the demo catalog ...")
            call_command("import_products")
        if not User.objects.filter(email=ADMIN).exists():
            User.objects.create_superuser(ADMIN, PASSWORD, first_name="Demo", last_name="Admin")
        if not User.objects.filter(email=CUSTOMER).exists():
            User.objects.create_user(CUSTOMER, PASSWORD, first_name="Demo", last_name="Customer")

    def _start(self, variables: dict[str, str], *arguments: str, stdout: int | None = None) -> "subprocess.Popen[bytes]":
        # Away from the terminal: of a Ctrl-C and the termination that follows from it, the server sometimes hangs.
        command = [sys.executable, *arguments]
        environment = {**os.environ, **variables}
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=stdout, start_new_session=True)

    def _say(self, port: int, page_port: int, emulator_port: int | None) -> None:
        site = f"http://localhost:{port}"
        page = f"http://localhost:{page_port}/"
        lines = (
            "",
            f"  The shop front     {page}",
            f"  The API            {site}/api/products/",
            f"  Its reference      {site}/api/docs/",
            f"  The admin          {site}/{settings.ADMIN_PATH}",
            f"  Payments           http://localhost:{emulator_port}/ (an emulator: no account needed, no money moves)"
            if emulator_port
            else "  Payments           at Stripe, by the key in .env",
            "",
            f"  Staff      {ADMIN}     {PASSWORD}",
            f"  Customer   {CUSTOMER}  {PASSWORD}",
            "",
            "  Mails and text messages are printed here. Ctrl-C stops everything.",
            "",
        )
        self.stdout.write("\n".join(lines))

    def _wait(self, stop: ShutdownFlag, children: list["subprocess.Popen[bytes]"]) -> None:
        """Stay until Ctrl-C, a termination, or the end of a child."""
        while not stop.wait(0.5):
            ended = next((child for child in children if child.poll() is not None), None)
            if ended is not None:
                raise CommandError(f"A part of the shop ended by itself (exit code {ended.returncode}); see above.")
