"""What a state is made from, and the list that each one is entered in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

from queues_app.sandbox import QueueHandle, Sandbox
from tests.browser import acts
from tests.browser.stack import Backstage, Person
from tests.browser.watch import Watch
from tests.browser.wire import Wire

PASSWORD: Final = "a-password-of-the-tests-1"


@dataclass(slots=True)
class Scene:
    """What a state is made from. `page` is signed in as `operator`, who has one account without queues."""

    page: Page
    operator: Person
    sandbox: Sandbox
    backstage: Backstage
    watch: Watch

    def go(self, path: str) -> None:
        self.page.goto(path)

    def orders(self, messages: int = 6) -> QueueHandle:
        """The queue that most states are about, opened."""
        queue = acts.add_orders(self.sandbox, messages)
        self.go(self.operator.queue(queue))
        return queue

    def as_role(self, role: str) -> Person:
        """Somebody with this role and the same account, signed in from here on."""
        person = self.backstage.with_account(
            self.backstage.person(role),
            secret=self.sandbox.tokens["full"],
            account_id=self.sandbox.accounts["acme-logistics"],
        )
        self.sign_in(person)
        return person

    def as_admin(self) -> Person:
        """Somebody who manages people, signed in from here on."""
        person = self.backstage.person("Admin", password=PASSWORD)
        self.sign_in(person)
        return person

    def sign_in(self, person: Person) -> None:
        """Signed in as this person from here on."""
        self.page.context.add_cookies([{"name": "sessionid", "value": person.session, "url": self.watch.home}])

    @contextmanager
    def wire(self, person: Person | None = None) -> Iterator[Wire]:
        """The operator's, or somebody's: for what comes before what is shown."""
        with Wire.of(person or self.operator, self.watch.home) as wire:
            yield wire

    def peeked(self, queue: QueueHandle | None = None) -> QueueHandle:
        """A peek of the queue that most states are about, or of another, opened."""
        looked_into = queue or acts.add_orders(self.sandbox, 6)
        with self.wire() as wire:
            self.go(wire.peek(self.operator.queue(looked_into)))
        return looked_into

    def pull(self) -> tuple[QueueHandle, str]:
        """The queue that most states are about, with four of its six messages pulled, and the page of the copy."""
        queue = acts.add_orders(self.sandbox, 6)
        with self.wire() as wire:
            return queue, wire.pull(self.operator.queue(queue), messages=4, lease="5 min")

    def pulled(self) -> QueueHandle:
        """The same, opened."""
        queue, copy = self.pull()
        self.go(copy)
        return queue


type State = Callable[[Scene], None]
STATES: Final[dict[str, State]] = {}


def state(make: State) -> State:
    """Register a state under the name of its function."""
    STATES[make.__name__] = make
    return make
