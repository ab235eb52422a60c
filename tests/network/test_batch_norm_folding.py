import pytest
import torch

from adder.network import model
from adder.network.batch_norm_folding import fold_batch_norms
from adder.training.recipes import RECIPES


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_folded_network_answers_as_before(recipe):
    torch.manual_seed(0)
    network = model.build(**RECIPES[recipe].model)
    images, numbers = torch.rand(64, 1, 28, 28), torch.arange(64) % 10
    for _ in range(3):  # norms that have seen something
        network.train()(images, numbers)
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    network.eval()
    with torch.inference_mode():
        before = network(images, numbers)
        after = fold_batch_norms(network)(images, numbers)
    for one, other in zip(before, after, strict=True):
        if one is not None:
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_only_norms_behind_a_pool_stay():
    network = fold_batch_norms(model.build(**RECIPES["default"].model).eval())
    assert sum(isinstance(each, torch.nn.BatchNorm2d) for each in network.modules()) == 1
