import numpy as np

from llmcore.plots.emergence import HEAD_TYPES, head_type_chart, repeat_loss_chart
from llmcore.plots.training import Curve, Mark

CURVE = Curve(np.array([1, 20, 40]), np.array([0.1, 0.2, 0.9]))


def test_each_type_has_a_line_of_its_own_look():
    figure = head_type_chart(dict.fromkeys(HEAD_TYPES, CURVE))
    assert [trace.name for trace in figure.data] == [name for name, _, _ in HEAD_TYPES.values()]
    looks = {(trace.line.color, trace.line.dash) for trace in figure.data}
    assert len(looks) == 5 and len({dash for _, dash in looks}) == 5  # without colour too
    np.testing.assert_array_equal(figure.data[2].y, CURVE.values)


def test_moment_threshold_and_control_are_drawn():
    figure = head_type_chart({"induction": CURVE}, [Mark(40, "here <b>")], CURVE, threshold=0.5)
    assert len(figure.data) == 2 and figure.data[1].name == "induction, one layer"
    upright, level = figure.layout.shapes
    assert (upright.x0, upright.x1) == (40, 40) and (level.y0, level.y1) == (0.5, 0.5)
    assert figure.layout.annotations[0].text == "here &lt;b&gt;"


def test_a_control_without_points_is_left_out():
    assert len(head_type_chart({"induction": CURVE}, control=Curve()).data) == 1


def test_losses_by_name():
    figure = repeat_loss_chart({"first time": CURVE, "again": CURVE}, [Mark(20, "fall")])
    assert [trace.name for trace in figure.data] == ["first time", "again"]
    assert figure.data[0].line.dash != figure.data[1].line.dash
    assert figure.layout.shapes[0].x0 == 20
