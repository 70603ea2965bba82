"""Problems in words."""

from __future__ import annotations

from elatbot_flows.running.doctor.problem import Problem, grouped, last_line

TRACE = """Traceback (most recent call last):
  File "x.py", line 3, in make
    raise PotentialError("two
PotentialError: no weights
for this element
"""


def failed(number, reason="ValueError: no", stage="judge", blocked=0):
    return Problem("failed", reason, stage, ((number, f"judge {number}/9 Cu"),), blocked)


def test_equal_reasons_stand_together_the_most_frequent_first():
    found = [failed("1", "ValueError: rare"), *(failed(n, blocked=2) for n in ("2", "3", "4", "5"))]
    many, one = grouped([*found, failed("6", stage="hull")])[:2]
    assert many.numbers == ["2", "3", "4", "5"]
    assert many.words() == (
        "judge: 4 jobs, 2 (judge 2/9 Cu), 3 (judge 3/9 Cu), 4 (judge 4/9 Cu) and 1 more: "
        "ValueError: no; 8 more wait for that"
    )
    assert one.words() == "judge: 1 (judge 1/9 Cu): ValueError: rare"
    assert many.as_dict()["count"] == 4


def test_the_line_that_names_the_exception():
    assert last_line(TRACE) == "PotentialError: no weights"
    assert last_line("one line") == "one line"
    assert last_line(None) == last_line("") == "nothing was said"
