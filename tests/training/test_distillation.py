import pytest
import torch

from adder.network import checkpoint, model
from adder.network.model import Prediction
from adder.training import distillation

SPEC = {"backbone": {"name": "quick"}, "head": {"name": "convolution"}}


class Sure(torch.nn.Module):
    """Answers one digit for everything, with these chances of it and of no digit."""

    def __init__(self, digit, chance, refusal):
        super().__init__()
        rest = (1 - chance) / 9
        self.digit = torch.full((10,), rest).log()
        self.digit[digit] = torch.tensor(chance).log()
        self.refusal = torch.tensor(refusal).logit()

    def forward(self, images, numbers):
        count = len(images)
        return Prediction(self.digit.expand(count, 10), torch.zeros(count, 19), self.refusal.expand(count))


def test_loss_is_the_cross_entropy_with_the_mean_answer():
    teachers = [Sure(3, 0.9, 0.2), Sure(3, 0.7, 0.4)]
    images, numbers = torch.zeros(2, 1, 28, 28), torch.tensor([5, 9])
    prediction = Prediction(torch.randn(2, 10), torch.randn(2, 19), torch.randn(2))
    weights = torch.tensor([0.5, 0.0])
    digit, added = torch.full((10,), 0.2 / 9), torch.zeros(19)
    digit[3] = 0.8
    added[5:15] = digit
    wanted = -0.5 * (digit @ prediction.digit[0].log_softmax(0) + added @ prediction.sum[0].log_softmax(0))
    no_digit = prediction.refusal.sigmoid()
    wanted = wanted - (0.3 * no_digit.log() + 0.7 * (1 - no_digit).log()).mean()
    loss = distillation.loss(teachers, images, numbers, weights, prediction)
    torch.testing.assert_close(loss, wanted)


def test_only_the_pupil_learns():
    teacher = model.build(**SPEC, refuses=True).eval().requires_grad_(False)
    pupil = model.build(**SPEC, refuses=True)
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    images, numbers = torch.rand(8, 1, 28, 28), torch.arange(8)
    distillation.loss([teacher], images, numbers, torch.ones(8), pupil(images, numbers)).backward()
    assert all(parameter.grad is not None for parameter in pupil.parameters())
    assert all(tensor.equal(before[name]) for name, tensor in teacher.state_dict().items())


def test_a_teacher_that_cannot_refuse_is_named(tmp_path):
    path = tmp_path / "teacher.safetensors"
    checkpoint.save(path, model.build(**SPEC).state_dict(), {"model": SPEC})
    with pytest.raises(checkpoint.CheckpointError, match=str(path)):
        distillation.load([str(path)], torch.device("cpu"))
