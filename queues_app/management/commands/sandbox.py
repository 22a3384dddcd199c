"""`manage.py sandbox`: serve the stand-in of the API over HTTP."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from queues_app.management import loops
from queues_app.sandbox import Sandbox, SandboxServer, SystemClock


class Command(BaseCommand):
    help = "Serve a stand-in of the Cloudflare Queues API, for the demo and for any client."
    requires_system_checks = ()  # it needs neither database nor keys

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8787, help="port to listen on, 0 for any (default 8787)")
        parser.add_argument("--seed", choices=["demo", "many", "empty"], default="demo", help="what it holds at first")
        parser.add_argument(
            "--speed", type=float, default=1.0, help="how many times as fast as the real clock time goes by"
        )

    def handle(self, *, host: str, port: int, seed: str, speed: float, **_: Any) -> None:
        if not 0 < speed <= 100_000:
            message = "--speed is more than 0 and at most 100000"
            raise CommandError(message)
        sandbox = Sandbox(clock=SystemClock(speed=speed), seed=seed)
        stop = loops.told_to_stop()
        try:
            server = SandboxServer(sandbox, host=host, port=port)
        except (OSError, OverflowError) as reason:
            message = f"The sandbox cannot listen on {host}:{port}: {reason}"
            raise CommandError(message) from reason
        with server:
            self.stdout.write(f"sandbox url: {server.url}")
            for account_id in list(sandbox.accounts.values())[:1]:
                self.stdout.write(f"sandbox account: {account_id}")
            self.stdout.write(f"sandbox token: {sandbox.tokens['full']}")
            self.stdout.flush()
            stop.wait()
        self.stdout.write("The sandbox has stopped.")
