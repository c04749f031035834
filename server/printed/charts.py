"""Bar charts by the hour as vectors, with a legend; the same colours as the console's."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import HexColor

COLOURS: Final = ("#0f7a85", "#b9791a", "#6a3d9a", "#2f7d32", "#a3211b")
WIDTH, HEIGHT = 510, 130
_INK: Final = HexColor("#506169")
_RIM: Final = HexColor("#dbe2e5")


def bars(series: Mapping[str, Sequence[float]], font: str, *, stacked: bool = False) -> Drawing:
    """Bars side by side, or one upon the other, over the hours 0 to 23."""
    drawing, chart = Drawing(WIDTH, HEIGHT), VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 40, 32, WIDTH - 50, HEIGHT - 42
    chart.data = [list(values) for values in series.values()]
    chart.categoryAxis.categoryNames = [f"{hour:02d}" for hour in range(24)]
    chart.categoryAxis.style = "stacked" if stacked else "parallel"
    highest = sum if stacked else max
    most = max((highest(each) for each in zip(*chart.data, strict=True)), default=0)
    chart.valueAxis.valueMin, chart.valueAxis.valueMax = 0, max(1, most)
    chart.groupSpacing, chart.barSpacing = 3, 0
    _dress(chart, font)
    drawing.add(chart)
    for shape in _legend(list(series), font):
        drawing.add(shape)
    return drawing


def _dress(chart: Any, font: str) -> None:
    for number in range(len(chart.data)):
        chart.bars[number].fillColor = HexColor(COLOURS[number % len(COLOURS)])
        chart.bars[number].strokeColor = None
    for axis in (chart.categoryAxis, chart.valueAxis):
        axis.labels.fontName, axis.labels.fontSize, axis.labels.fillColor = font, 6.5, _INK
        axis.strokeColor = _RIM
    chart.categoryAxis.visibleTicks = 0
    chart.valueAxis.visibleGrid, chart.valueAxis.gridStrokeColor = 1, _RIM


def _legend(names: list[str], font: str) -> list[Any]:
    """Squares of the colours with their names, in one row below the chart."""
    shapes: list[Any] = []
    for number, name in enumerate(names):
        x = 40 + number * (WIDTH - 50) / max(1, len(names))
        shapes.append(Rect(x, 5, 7, 7, fillColor=HexColor(COLOURS[number % len(COLOURS)]), strokeColor=None))
        shapes.append(String(x + 10, 5, name, fontName=font, fontSize=7, fillColor=_INK))
    return shapes
