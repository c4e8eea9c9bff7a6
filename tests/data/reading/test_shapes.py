"""Every shape of file that docs/data.md lists is read as it stands there."""

import pytest

from assets.data_shapes import SHAPES, Shape
from assets.make_data_table import BEGIN, END, PAGE, inspected, row
from assets.set_shapes import LISTED, SET_SHAPES
from llmcore.errors import LabError


def _id(shape: Shape) -> str:
    return shape.about.replace(" ", "-")


@pytest.mark.parametrize("shape", (*SHAPES, *SET_SHAPES), ids=_id)
def test_a_shape_is_read_as_its_owner_means(shape: Shape) -> None:
    report = inspected(shape)
    status = shape.expected["status"]
    if status == 1:
        assert isinstance(report, LabError) and str(report).endswith(".")
        return
    assert not isinstance(report, LabError), report
    assert bool(report.asks) == (status == 2), report.notices.texts()
    values = report.to_dict() | report.to_dict()["rows"]
    for key, expected in shape.expected.items():
        if key == "notices":
            kinds = {notice.kind for notice in report.notices}
            assert kinds >= set(expected), (kinds, report.notices.texts())
        elif key == "roles":
            assert {role: report.roles.get(role) for role in expected} == expected
        elif key != "status":
            assert values[key] == expected, (key, report.notices.texts())
    assert report.read == report.taken + report.left_out or report.asks


@pytest.mark.parametrize("shape", (*SHAPES, *LISTED), ids=_id)
def test_the_page_says_what_the_code_does(shape: Shape) -> None:
    listed = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert row(shape) in listed, "run assets/make_data_table.py"
