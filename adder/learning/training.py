"""The loop: a recipe and data in, an averaged network and a run folder out. A run that is killed resumes.

Knows nothing of flags. Randomness is seeded anew for every epoch, so an epoch depends on nothing but the state
before it, and a resumed run equals an unbroken one on the same CPU; on CUDA nobody promises equal bits.
"""

import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from adder.learning import data, distributed, evaluation, report
from adder.learning.augment import augment
from adder.learning.recipes import RECIPES
from adder.network import checkpoint
from adder.network import model as models

STATE = "checkpoint.safetensors"
WEIGHTS = "adder.safetensors"
REFUSED = 0.001  # of the validation digits: what the threshold may refuse, so that other writers stay below 0.5 %
SPREAD, SPREAD_UNTIL = 10.0, 0.5  # from sums alone: the weight of `spread`, and its share of the steps
REPORT_EVERY = 20  # steps between looks at the running means: each look waits for the device


@dataclass(frozen=True)
class Settings:
    """What a run is determined by, besides the data's content and the machine."""

    recipe: str
    epochs: int
    batch_size: int
    lr: float
    seed: int
    without: tuple[str, ...] = ()  # data sets left out
    all_writers: bool = False  # the validation writers are trained on too
    limit: int | None = None  # images of each set, for a dry run
    supervision: str = "both"  # or "sum": no digit is told, only sums
    extra: tuple[str, ...] = ()  # files of collected drawings


class Run:
    """One run's moving parts: network, its average, optimiser, and the log of the epochs behind it.

    `origin` tells where the run comes from (command, commit) and is kept through every resume.
    """

    def __init__(self, settings: Settings, device: torch.device, origin: dict):
        self.settings, self.device, self.origin = settings, device, origin
        self.recipe = RECIPES[settings.recipe]
        torch.manual_seed(settings.seed)
        self.network = models.build(**self.recipe.model).to(device)
        distributed.convert_sync_batchnorm(self.network)
        self.average = deepcopy(self.network)
        self.updates = 0  # of the average
        self.optimiser = self.recipe.optimiser(self.network.parameters(), settings.lr)
        self.log: list[dict] = []

    def save(self, folder: Path) -> None:
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in state.items()}
        description: dict = {"settings": asdict(self.settings), "origin": self.origin, "log": self.log}
        description["updates"] = self.updates
        checkpoint.save(folder / STATE, tensors, description)

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "Run":
        """Raises CheckpointError when the folder holds no whole checkpoint of this version."""
        path = folder / STATE
        tensors, description = checkpoint.load(path)
        try:
            settings = description["settings"]
            settings |= {name: tuple(settings.get(name, ())) for name in ("without", "extra")}
            run = cls(Settings(**settings), device, description["origin"])
            run.log, run.updates = description["log"], description["updates"]
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
            give_moments_their_layout(run.optimiser)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise checkpoint.CheckpointError(f"{path} is not the state of a run of this version ({error})") from error
        return run


def train(run: Run, sets: data.Sets, folder: Path) -> dict | None:
    """Trains what is left of the run, evaluates it once on the test set and writes the folder; returns the metrics.

    After every epoch the folder holds all that is needed to resume. Raises OSError when it cannot be written. Of
    several processes the first evaluates and writes, the others return None.
    """
    network = run.average
    for _ in fit(run, sets):
        if distributed.rank() == 0:
            run.save(folder)
            with report.unless_in_use():
                report.write_log(folder / "log.csv", run.log)
            with report.unless_in_use():
                report.draw_curves(folder / "curves.png", run.log)
    if distributed.rank() != 0:
        return None
    calibration = run.origin.get("calibration") or calibrate(network, sets, run.device)
    network.temperature.fill_(calibration["temperature"])
    outputs = evaluation.predict(network, sets.test.images.to(run.device))
    metrics = {
        "recipe": run.settings.recipe,
        "settings": asdict(run.settings),
        "model": run.recipe.model,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        **run.origin,
        "calibration": calibration,
        "torch": torch.__version__,
        "device": run.device.type,
        "processes": distributed.world_size(),
        "data": sets.counts(),
        "seconds": run.log[-1]["seconds"],
        "validation": validate(network, sets, run.device),
        "test": evaluation.score(outputs, sets.test.digits),
    }
    checkpoint.save(folder / WEIGHTS, network.state_dict(), metrics)
    report.write_metrics(folder / "metrics.json", metrics)
    with report.unless_in_use():
        report.draw_confusion(folder / "confusion.png", evaluation.confusion(outputs, sets.test.digits))
    with report.unless_in_use():
        report.draw_mistakes(folder / "mistakes.png", sets.test, outputs.digit)
    return metrics


def fit(run: Run, sets: data.Sets) -> Iterator[dict]:
    """Trains the epochs that are left; after each, yields its row of the log."""
    settings, log = run.settings, run.log
    network = distributed.data_parallel(run.network)
    first = distributed.rank() == 0
    before = log[-1]["seconds"] if log else 0.0
    started = time.perf_counter()
    size = len(sets.training)
    with tqdm(
        total=settings.epochs * size,
        initial=len(log) * size,
        unit=" images",
        unit_scale=True,
        desc=settings.recipe,
        smoothing=0.05,
        dynamic_ncols=True,
        disable=not first,
    ) as bar:
        for epoch in range(len(log), settings.epochs):
            seed = settings.seed * 100_003 + epoch + 1
            images = sets.training.epoch(seed).to(run.device)
            torch.manual_seed(seed)
            row: dict = {"epoch": epoch + 1, **train_epoch(run, network, images, epoch, bar)}
            row["validation"] = validate(run.average, sets, run.device) if first else {}
            row["seconds"] = before + time.perf_counter() - started
            log.append(row)
            yield row


def train_epoch(run: Run, network: torch.nn.Module, images: data.Split, epoch: int, bar: tqdm) -> dict[str, float]:
    """One pass over the images, which lie on the run's device. Returns the epoch's means, over digits.

    `network` is the run's, or the same with its gradients averaged over processes.
    """
    network.train()
    totals = torch.zeros(4, device=run.device)  # loss, digits, read right, sums right
    steps = max(1, len(images.digits) // run.settings.batch_size)
    for step, batch in enumerate(data.batches(images, run.settings.batch_size), 1):
        loss, prediction = train_step(run, network, batch, (epoch + (step - 0.5) / steps) / run.settings.epochs)
        digits, sums = distributed.shard(batch.digits), distributed.shard(batch.sums)
        is_digit = digits != data.NO_DIGIT
        right = prediction.digit.argmax(1) == digits
        added = prediction.sum.argmax(1) == sums
        totals += torch.stack([loss.detach(), *(each.sum() for each in (is_digit, right, added))])
        if step % REPORT_EVERY == 0:
            total_loss, digits, read, sums = totals.tolist()
            text = f"loss {total_loss / step:.3f}, digit {read / digits:.2%}, sum {sums / digits:.2%}"
            bar.set_postfix_str(text, refresh=False)
        bar.update(len(batch.digits))
    total_loss, digits, read, sums = distributed.all_reduce(totals).tolist()
    loss = total_loss / steps / distributed.world_size()
    lr = run.optimiser.param_groups[0]["lr"]
    return {"lr": lr, "loss": loss, "digit_accuracy": read / digits, "sum_accuracy": sums / digits}


def train_step(run: Run, network: torch.nn.Module, batch: data.Batch, done: float) -> tuple[Tensor, models.Prediction]:
    """Loss and prediction of this process's share of the batch; averaged over processes, losses are the batch's.

    `done` is the share of the run's steps behind it, which the learning rate follows.
    """
    for group in run.optimiser.param_groups:
        group["lr"] = run.settings.lr * run.recipe.schedule(done)
    images = batch.images
    if run.recipe.augment:
        images = augment(images, run.recipe.augment)
    images, digits, numbers, sums = (distributed.shard(part) for part in batch._replace(images=images))
    with mixed_precision(run.device):
        prediction = network(images, numbers)
    each = distributed.world_size() / (batch.digits != data.NO_DIGIT).sum().clamp(min=1)
    entropy = partial(F.cross_entropy, ignore_index=data.NO_DIGIT, reduction="sum")
    loss = each * entropy(prediction.sum, sums)
    if run.settings.supervision == "both":
        loss = loss + each * entropy(prediction.digit, digits)
    elif done < SPREAD_UNTIL:
        loss = loss - SPREAD * entropy_of_mean(prediction.digit, digits != data.NO_DIGIT)
    if prediction.refusal is not None:
        no_digit = (digits == data.NO_DIGIT).float()
        loss = loss + F.binary_cross_entropy_with_logits(prediction.refusal, no_digit)
    run.optimiser.zero_grad()
    loss.backward()
    run.optimiser.step()
    update_average(run)
    return loss, prediction


def entropy_of_mean(logits: Tensor, counted: Tensor) -> Tensor:
    """The entropy of the mean answer to the `counted` (B,) of digit logits (B, 10): greatest when all digits are read
    alike often.

    Learning from sums alone would else settle early on reading, say, 3 as 2 and 4 as 5 when added, never to try the 3
    again. Marconato et al. 2023, 'Not all neuro-symbolic concepts are created equal', tell of such shortcuts and of
    entropy against them. That digits come about equally often is all it knows of them.
    """
    mean = (logits.softmax(1) * counted[:, None]).sum(0) / counted.sum().clamp(min=1)  # no index: it waits for a GPU
    return -(mean * mean.clamp(min=1e-9).log()).sum()


def calibrate(network: models.Adder, sets: data.Sets, device: torch.device) -> dict[str, float]:
    """What is chosen on the validation digits, MNIST's and drawn ones counting alike.

    The temperature of the digit's logits and, for a network that refuses, the digit score that all but REFUSED of
    either kind of digits reach.
    """
    parts = [split for split in (sets.validation, sets.drawn) if len(split.digits)]
    outputs = [evaluation.predict(network, split.images.to(device)) for split in parts]
    count = min(len(split.digits) for split in parts)
    logits = torch.cat([output.digit[:count] for output in outputs])
    calibration = {"temperature": evaluation.fit_temperature(logits, torch.cat([p.digits[:count] for p in parts]))}
    if outputs[0].refusal is not None:
        calibration["threshold"] = min(evaluation.threshold(output, REFUSED) for output in outputs)
    return calibration


def validate(network: models.Adder, sets: data.Sets, device: torch.device) -> dict[str, dict]:
    """Scores on MNIST's validation images, on drawn digits and, for refusal, on foreign characters."""
    splits = {"mnist": sets.validation, "drawn": sets.drawn, "foreign": sets.characters}
    outputs = {
        name: evaluation.predict(network, split.images.to(device))
        for name, split in splits.items()
        if len(split.digits)
    }
    scores: dict[str, dict[str, float]] = {
        name: evaluation.score(outputs[name], splits[name].digits) for name in ("mnist", "drawn") if name in outputs
    }
    if "foreign" in outputs and outputs["mnist"].refusal is not None:
        digits = torch.cat([evaluation.digit_score(outputs[name]) for name in scores])
        scores["foreign"] = {"auroc": evaluation.auroc(digits, evaluation.digit_score(outputs["foreign"]))}
    return scores


@torch.no_grad()
def update_average(run: Run) -> None:
    """Moves the average towards the network, exponentially; it forgets faster while it is young.

    The network's weight is 9 / (10 + updates), at least 1 - decay, and the first update copies. The count is Python's
    and the move one call for all tensors: torch's AveragedModel reads its own count back from the device for each.
    """
    weight = max(9 / (10 + run.updates), 1 - run.recipe.averaging) if run.updates else 1.0
    pairs = list(zip(run.average.state_dict().values(), run.network.state_dict().values(), strict=True))
    floats = [pair for pair in pairs if pair[0].is_floating_point()]
    torch._foreach_lerp_([average for average, _ in floats], [current for _, current in floats], weight)
    for average, current in pairs:
        if not average.is_floating_point():
            average.copy_(current)
    run.updates += 1


def give_moments_their_layout(optimiser: torch.optim.Optimizer) -> None:
    """Lays each moment out as its parameter is: fused optimisers walk both as they lie, and files hold rows."""
    for parameter, state in optimiser.state.items():
        for name, moment in state.items():
            if torch.is_tensor(moment) and moment.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, requires_grad=False).copy_(moment)


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the machine multiplies it in hardware; elsewhere it would be slower, or only emulated."""
    return torch.autocast(device.type, torch.bfloat16, enabled=multiplies_bfloat16(device.type))


@cache
def multiplies_bfloat16(kind: str) -> bool:
    """Whether a kind of device has it in hardware: CUDA from Ampere on, CPUs with AMX or AVX512-BF16."""
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    can = torch.cpu.get_capabilities() if kind == "cpu" and hasattr(torch.cpu, "get_capabilities") else {}
    return bool(can.get("amx_bf16") or can.get("avx512_bf16"))
