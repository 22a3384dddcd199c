"""How a person wants pages to look."""

import pytest

from queues_app.forms.preferences import PreferencesForm


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Calcutta", "Etc/GMT+12", "Pacific/Kiritimati"])
def test_a_zone_that_is_a_place_or_an_offset_is_taken(zone: str) -> None:
    assert PreferencesForm({"zone": zone}).is_valid()


@pytest.mark.parametrize(
    "zone",
    [
        *("localtime", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin", "posixrules", "leapseconds"),
        *("Europe", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "europe/berlin", "Europe/Berlin\x00"),
    ],
)
def test_what_is_a_file_of_the_database_and_no_zone_is_refused(zone: str) -> None:
    """Each of these may be there, and means something else on another host, or counts other seconds."""
    form = PreferencesForm({"zone": zone})
    assert not form.is_valid()
    assert list(form.errors) == ["zone"]
