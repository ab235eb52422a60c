"""The loop: a recipe and data in, an averaged network and a run folder out. A run that is killed resumes.

Knows nothing of flags. Randomness is seeded anew for every epoch, so an epoch depends on nothing but the state
before it, and a resumed run equals an unbroken one on the same machine.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from adder import checkpoint, data, evaluation, report
from adder import model as models
from adder.augment import augment
from adder.recipes import RECIPES

STATE = "checkpoint.safetensors"
WEIGHTS = "adder.safetensors"
REPORT_EVERY = 20  # steps between looks at the running means: each look waits for the device


@dataclass(frozen=True)
class Settings:
    """What a run is determined by, besides the data and the machine."""

    recipe: str
    epochs: int
    batch_size: int
    lr: float
    seed: int
    limit: int | None = None  # training images, for a dry run


class Run:
    """One run's moving parts: network, its average, optimiser, and the log of the epochs behind it.

    `origin` tells where the run comes from (command, commit) and is kept through every resume.
    """

    def __init__(self, settings: Settings, device: torch.device, origin: dict):
        self.settings, self.device, self.origin = settings, device, origin
        self.recipe = RECIPES[settings.recipe]
        torch.manual_seed(settings.seed)
        self.network = models.build(**self.recipe.model).to(device)
        average = moving_average(self.recipe.averaging)
        self.average = AveragedModel(self.network, avg_fn=average, use_buffers=True)
        self.optimiser = self.recipe.optimiser(self.network.parameters(), settings.lr)
        self.log: list[dict] = []

    def save(self, folder: Path) -> None:
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in state.items()}
        description = {"settings": asdict(self.settings), "origin": self.origin, "log": self.log}
        checkpoint.save(folder / STATE, tensors, description)

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "Run":
        """Raises CheckpointError when the folder holds no whole checkpoint of this version."""
        path = folder / STATE
        tensors, description = checkpoint.load(path)
        try:
            run = cls(Settings(**description["settings"]), device, description["origin"])
            run.log = description["log"]
            parts: dict[str, dict] = {"network": {}, "average": {}, "optimiser": {}}
            for name, tensor in tensors.items():
                part, _, rest = name.partition(".")
                parts[part][rest] = tensor
            run.network.load_state_dict(parts["network"])
            run.average.load_state_dict(parts["average"])
            state: dict[int, dict] = {}
            for name, tensor in parts["optimiser"].items():
                index, _, key = name.partition(".")
                state.setdefault(int(index), {})[key] = tensor
            groups = run.optimiser.state_dict()["param_groups"]
            run.optimiser.load_state_dict({"state": state, "param_groups": groups})
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise checkpoint.CheckpointError(f"{path} is not the state of a run of this version ({error})") from error
        return run


def train(run: Run, splits: data.Splits, folder: Path) -> dict:
    """Trains what is left of the run, evaluates it once on the test set and writes the folder; returns the metrics.

    After every epoch the folder holds all that is needed to resume. Raises OSError when it cannot be written.
    """
    training, validation, test = (split.to(run.device) for split in splits)
    for _ in fit(run, training, validation):
        run.save(folder)
        report.write_log(folder / "log.csv", run.log)
        report.draw_curves(folder / "curves.png", run.log)
    network = run.average.module
    digit_logits, sum_logits = evaluation.predict(network, test.images)
    metrics = {
        "recipe": run.settings.recipe,
        "settings": asdict(run.settings),
        "model": run.recipe.model,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        **run.origin,
        "torch": torch.__version__,
        "device": run.device.type,
        "data": {"source": "MNIST", **{name: len(split.digits) for name, split in splits._asdict().items()}},
        "seconds": run.log[-1]["seconds"],
        "validation": run.log[-1]["validation"],
        "test": evaluation.score(digit_logits, sum_logits, test.digits),
    }
    checkpoint.save(folder / WEIGHTS, network.state_dict(), metrics)
    report.write_metrics(folder / "metrics.json", metrics)
    report.draw_confusion(folder / "confusion.png", evaluation.confusion(digit_logits, test.digits))
    report.draw_mistakes(folder / "mistakes.png", test.images, test.digits, digit_logits)
    return metrics


def fit(run: Run, training: data.Split, validation: data.Split) -> Iterator[dict]:
    """Trains the epochs that are left; after each, yields its row of the log. The splits lie on the run's device."""
    settings, log = run.settings, run.log
    size = min(settings.batch_size, len(training.digits))
    steps = len(training.digits) // size
    before = log[-1]["seconds"] if log else 0.0
    started = time.perf_counter()
    bar = tqdm(
        total=settings.epochs * steps * size,
        initial=len(log) * steps * size,
        unit=" images",
        unit_scale=True,
        desc=settings.recipe,
        smoothing=0.05,
        dynamic_ncols=True,
    )
    with bar:
        for epoch in range(len(log), settings.epochs):
            torch.manual_seed(settings.seed * 100_003 + epoch + 1)
            row = {"epoch": epoch + 1, **train_epoch(run, training, epoch * steps, settings.epochs * steps, bar)}
            row["validation"] = evaluation.score(
                *evaluation.predict(run.average.module, validation.images), validation.digits
            )
            row["seconds"] = before + time.perf_counter() - started
            log.append(row)
            yield row


def train_epoch(run: Run, training: data.Split, step: int, last: int, bar: tqdm) -> dict[str, float]:
    """One pass over the data; `step` of `last` steps are behind. Returns the epoch's means."""
    run.network.train()
    totals = torch.zeros(3, device=run.device)  # loss, digits read right, sums right
    seen = 0
    for index, batch in enumerate(data.batches(training, run.settings.batch_size)):
        lr = run.settings.lr * run.recipe.schedule((step + index) / last)
        for group in run.optimiser.param_groups:
            group["lr"] = lr
        loss, prediction = train_step(run, batch)
        right = [
            (logits.argmax(1) == true).float().mean()
            for logits, true in ((prediction.digit, batch.digits), (prediction.sum, batch.sums))
        ]
        totals += torch.stack([loss.detach(), *right])
        seen += 1
        if (index + 1) % REPORT_EVERY == 0:
            mean_loss, digit, total = (totals / seen).tolist()
            bar.set_postfix_str(f"loss {mean_loss:.3f}, digit {digit:.2%}, sum {total:.2%}", refresh=False)
        bar.update(len(batch.digits))
    loss, digit_accuracy, sum_accuracy = (totals / seen).tolist()
    return {"lr": lr, "loss": loss, "digit_accuracy": digit_accuracy, "sum_accuracy": sum_accuracy}


def train_step(run: Run, batch: data.Batch) -> tuple[Tensor, models.Prediction]:
    images = batch.images
    if run.recipe.augment:
        images = augment(images, run.recipe.augment)
    with mixed_precision(run.device):
        prediction = run.network(images, batch.numbers)
    loss = F.cross_entropy(prediction.digit, batch.digits) + F.cross_entropy(prediction.sum, batch.sums)
    run.optimiser.zero_grad()
    loss.backward()
    run.optimiser.step()
    run.average.update_parameters(run.network)
    return loss, prediction


def moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """An exponential moving average that forgets faster while it is young: 9 / (10 + count), at least 1 - decay."""

    def update(average: Tensor, current: Tensor, count: Tensor) -> Tensor:
        if not average.is_floating_point():
            return current
        return average.lerp(current, (9 / (10 + count)).clamp(min=1 - decay).to(average.device, average.dtype))

    return update


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the machine multiplies it in hardware: CUDA, and CPUs with AMX (two to three times faster)."""
    capable = device.type == "cuda"
    if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        capable = bool(torch.cpu.get_capabilities().get("amx_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=capable)
