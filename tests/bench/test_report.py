"""What the measurement makes of its figures. How quick anything is, no test says: that is the measurement's own."""

import itertools
import json
from pathlib import Path

import pytest

from bench.support import report
from bench.support.report import Group, Results
from bench.support.rows import Row, at_least, at_most, middle, not_measured, side_by_side, slowest_hundredth

GROUPS = {path.stem for path in (report.ROOT / "bench").glob("[a-z]*.py")}


def results() -> Results:
    rows = [
        at_most("Pull page, b", 1.2345, 1.3, "× raw", "63 ms | 51 ms"),
        at_least("Pulls", 80, 90, "a second"),
        not_measured("Lighthouse", 100, "of 100", "there is none here"),
    ]
    return {"pull_page": Group(machine="2 × a processor", at="2026-11-26", rows=rows)}


def test_a_target_is_reached_at_its_very_value_and_missed_beyond_it() -> None:
    assert [at_most("", value, 1.3, "×")["ok"] for value in (1.29, 1.3, 1.3001)] == [True, True, False]
    assert [at_least("", value, 90, "")["ok"] for value in (89.9, 90, 91)] == [False, True, True]


def test_what_could_not_be_measured_is_neither() -> None:
    row = not_measured("Lighthouse", 100, "of 100", "there is none here")
    assert (row["ok"], row["value"], report.verdict(row)) == (None, None, "not measured")


@pytest.mark.parametrize(("count", "expected"), [(1, 0), (99, 98), (100, 98), (101, 99), (1000, 989)])
def test_ninety_nine_of_a_hundred_do_not_exceed_the_slowest_hundredth(count: int, expected: int) -> None:
    values = [float(value) for value in reversed(range(count))]
    assert slowest_hundredth(values) == expected


def test_one_odd_value_does_not_move_the_middle() -> None:
    assert middle([1, 2, 1000]) == 2


def test_two_things_are_measured_in_turns_and_each_begins_as_often() -> None:
    order: list[str] = []
    clock = itertools.count()

    def act(name: str) -> float:
        order.append(name)
        return next(clock)

    ones, others = side_by_side(lambda: act("one"), lambda: act("other"), 2)
    assert order in (["one", "other", "other", "one"], ["other", "one", "one", "other"])
    assert sorted(ones + others) == [0, 1, 2, 3]
    assert len(ones) == len(others) == 2


def test_the_table_says_what_was_missed_and_what_was_not_measured() -> None:
    lines = report.table(results()["pull_page"]["rows"]).splitlines()
    assert [line.split("  ")[0] for line in lines] == ["what", "Pull page, b", "Pulls", "Lighthouse"]
    assert ["reached" in line for line in lines] == [False, True, False, False]
    assert ["missed" in line for line in lines] == [False, False, True, False]
    assert "not measured" in lines[3]


def test_the_document_gets_the_figures_between_its_marks_and_keeps_the_rest() -> None:
    text = f"before\n{report.BEGINS}\nold\n{report.ENDS}\nafter\n"
    made = report.with_section(text, results())
    assert made.startswith("before\n")
    assert made.endswith("\nafter\n")
    assert "old" not in made
    assert "| Pulls | 80 | 90 a second | **missed** |  |" in made
    assert "63 ms \\| 51 ms" in made
    assert report.with_section(made, results()) == made


@pytest.mark.parametrize("text", ["", report.BEGINS, report.ENDS, f"{report.ENDS}{report.BEGINS}"])
def test_a_document_without_its_marks_is_not_written_over(text: str) -> None:
    with pytest.raises(ValueError, match="lost the marks"):
        report.with_section(text, results())


def test_the_results_can_be_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(report, "DOCUMENT", tmp_path / "speed.md")
    (tmp_path / "speed.md").write_text(f"{report.BEGINS}{report.ENDS}")
    assert report.read() == {}
    report.write(results())
    assert report.read() == results()
    assert "Pull page, b" in (tmp_path / "speed.md").read_text()


def test_the_figures_in_the_document_are_those_of_the_results() -> None:
    text = report.DOCUMENT.read_text()
    assert report.with_section(text, report.read()) == text


def test_the_kept_results_have_the_shape_of_rows_and_are_of_groups_that_exist() -> None:
    kept: Results = json.loads(report.RESULTS.read_text())
    assert set(kept) <= GROUPS
    for group in kept.values():
        assert set(group) == {"machine", "at", "rows"}
        for row in group["rows"]:
            assert set(row) - {"note"} == Row.__required_keys__
            assert (row["ok"] is None) == (row["value"] is None)
