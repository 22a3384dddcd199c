"""What is remembered: enough for a large account and all that is counted beside it."""

from django.core.cache import cache


def test_the_counts_of_a_large_account_push_nothing_out() -> None:
    cache.set("attempts-to-sign-in", 5)
    cache.set_many({f"metrics:{number}": "counts" for number in range(2_000)})

    assert cache.get("attempts-to-sign-in") == 5
