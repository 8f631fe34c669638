"""What the benchmark turns is there to be turned."""

import pytest

from tests.bench.nab_sensitivity import PARAMETERS, Parameter, module_of


@pytest.mark.parametrize("parameter", [one for one in PARAMETERS if one.module], ids=lambda one: one.constant)
def test_every_parameter_stands_in_its_module_between_the_values_that_are_tried(parameter: Parameter) -> None:
    smaller, larger = parameter.values

    assert smaller < getattr(module_of(parameter), parameter.constant) < larger
