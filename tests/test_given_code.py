"""What a homework gives its students keeps the figures that its handout states."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from torch import nn

COURSE = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def convnets() -> ModuleType:
    """The stubs of cifar10_convnets, as students receive them."""
    spec = importlib.util.spec_from_file_location("given_convnets", COURSE / "assignments/cifar10_convnets/convnets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bare_two_layer_net_has_12_328_000_numbers(convnets: ModuleType) -> None:
    """It has no biases."""
    params = convnets.two_layer_parameters()
    assert sum(param.numel() for param in params) == 12_328_000
    assert all(param.requires_grad and param.is_leaf for param in params)


@pytest.mark.parametrize("name", ["make_two_layer_run", "make_two_layer_sequential_run"])
def test_the_two_layer_modules_have_12_332_010_parameters(convnets: ModuleType, name: str) -> None:
    """As a module and as a sequence of layers; each comes with an optimizer at learning rate 1e-2."""
    model, optimizer = getattr(convnets, name)()
    assert isinstance(model, nn.Module)
    assert sum(param.numel() for param in model.parameters()) == 12_332_010
    assert [group["lr"] for group in optimizer.param_groups] == [1e-2]
