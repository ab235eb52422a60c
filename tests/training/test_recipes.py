import pytest
import torch
import torch.nn.functional as F

from adder.network import checkpoint, model
from adder.training.recipes import RECIPES


@pytest.fixture(params=RECIPES)
def recipe(request):
    torch.manual_seed(0)
    return RECIPES[request.param]


def loss_of(prediction, digits, numbers):
    loss = F.cross_entropy(prediction.digit, digits) + F.cross_entropy(prediction.sum, digits + numbers)
    return loss if prediction.refusal is None else loss + F.softplus(prediction.refusal).mean()


def test_shapes_and_gradients(recipe):
    network = model.build(**recipe.model)
    digits, numbers = torch.arange(8), torch.arange(8)
    prediction = network(torch.rand(8, 1, 28, 28), numbers)
    assert prediction.digit.shape == (8, 10) and prediction.sum.shape == (8, 19)
    loss_of(prediction, digits, numbers).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    assert all(p.grad.abs().sum() > 0 for p in network.head.parameters())


def test_one_image_alone(recipe):
    network = model.build(**recipe.model).eval()
    assert network(torch.rand(1, 1, 28, 28), torch.tensor([9])).sum.shape == (1, 19)


def test_checkpoint_round_trip(recipe, tmp_path):
    network = model.build(**recipe.model).eval()
    checkpoint.save(tmp_path / "w.safetensors", network.state_dict(), {"model": recipe.model})
    again, _ = checkpoint.load_model(tmp_path / "w.safetensors")
    images, numbers = torch.rand(4, 1, 28, 28), torch.arange(4)
    assert torch.equal(network(images, numbers).sum, again(images, numbers).sum)


def test_a_handful_is_learned(recipe):
    network = model.build(**recipe.model)
    images, digits = torch.rand(10, 1, 28, 28), torch.arange(10)
    numbers = digits * 3 % 10
    optimiser = recipe.optimiser(network.parameters(), recipe.lr)
    losses = []
    while not losses or losses[-1] > losses[0] / 2:
        assert len(losses) < 400
        optimiser.zero_grad()
        loss = loss_of(network(images, numbers), digits, numbers)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())


def test_schedule_rises_and_falls(recipe):
    values = [recipe.schedule(step / 100) for step in range(100)]
    assert max(values) <= 1 and min(values) >= 0
    assert values[-1] < 0.05 < max(values) or set(values) == {1.0}
