"""The graph of a network of ours in plain numbers, from its ONNX file: what EasyOCR can be given instead of a pickle
that somebody made. Needs the extra `easyocr`."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from edge.reader.networks import WeightsMissingError

Step = dict[str, Any]  # does: an operator; of: numbers of the values it takes (0 is the input); and its settings
Array = NDArray[np.float32]

PLAIN: Final = ("Add", "Div", "Mul", "Relu", "Sqrt", "Sub")  # operators that have no settings


@dataclass
class Graph:
    """Steps one after another, the n-th of which makes value n + 1, and weights by the names that the module of
    `edge.reader.easy.network` has for them."""

    steps: list[Step] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    _value: dict[str, int] = field(default_factory=dict)
    _constant: dict[str, NDArray[Any]] = field(default_factory=dict)

    def _add(self, name: str, step: Step) -> None:
        self.steps.append(step)
        self._value[name] = len(self.steps)

    def _number(self, name: str) -> int:
        """Number of a value; a constant becomes one where it is first taken."""
        if name not in self._value:
            self._add(name, {"does": "Number", "of": [], "value": float(self._constant[name])})
        return self._value[name]

    def _conv(self, node: Any, set_: dict[str, Any]) -> Step:
        weight = self._constant[node.input[1]]
        top, left, bottom, right = set_.get("pads", (0, 0, 0, 0))
        if (top, left) != (bottom, right):
            raise WeightsMissingError(f"{node.name}: uneven padding is not known here")
        groups = int(set_.get("group", 1))
        key = f"convs.{sum(name.endswith('weight') for name in self.weights)}"
        self.weights[f"{key}.weight"] = weight
        if len(node.input) > 2:
            self.weights[f"{key}.bias"] = self._constant[node.input[2]]
        shape = {
            "in_channels": weight.shape[1] * groups,
            "out_channels": weight.shape[0],
            "kernel_size": list(weight.shape[2:]),
            "stride": list(set_.get("strides", (1, 1))),
            "padding": [top, left],
            "dilation": list(set_.get("dilations", (1, 1))),
            "groups": groups,
            "bias": len(node.input) > 2,
        }
        return {"does": "Conv", "of": [self._value[node.input[0]]], "conv": shape}

    def _follow(self, node: Any) -> None:
        set_ = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        (name,) = node.output
        if node.op_type == "Constant":
            self._constant[name] = numpy_helper.to_array(set_["value"])
        elif node.op_type == "Conv":
            self._add(name, self._conv(node, set_))
        elif node.op_type in PLAIN:
            of = [self._number(each) for each in node.input]
            self._add(name, {"does": node.op_type, "of": of})
        elif node.op_type == "ReduceMean":
            mean = {"axes": list(set_["axes"]), "keep": bool(set_.get("keepdims", 1))}
            self._add(name, {"does": "ReduceMean", "of": [self._value[node.input[0]]], **mean})
        elif node.op_type == "Squeeze":
            axes = self._constant[node.input[1]].tolist()
            self._add(name, {"does": "Squeeze", "of": [self._value[node.input[0]]], "axes": axes})
        elif node.op_type == "Transpose":
            self._add(name, {"does": "Transpose", "of": [self._value[node.input[0]]], "order": list(set_["perm"])})
        else:
            raise WeightsMissingError(f"{node.name}: the operator {node.op_type} is not known here")


def graph(data: bytes) -> Graph:
    """What the ONNX file does. Raises `WeightsMissingError` where it does something that no step is known for."""
    model = onnx.load_model_from_string(data).graph
    found = Graph(_value={model.input[0].name: 0})
    found._constant.update((each.name, numpy_helper.to_array(each)) for each in model.initializer)  # noqa: SLF001
    for node in model.node:
        found._follow(node)  # noqa: SLF001
    return found
