"""The loop: a recipe and data in, an averaged network and a run folder out. A run that is killed resumes.

Knows nothing of flags. Randomness is seeded anew for every epoch, so an epoch depends on nothing but the state
before it, and a resumed run equals an unbroken one on the same CPU; on CUDA nobody promises equal bits.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from adder.data import splits
from adder.network import checkpoint
from adder.network import model as models
from adder.training import distillation, distributed, evaluation, report, snapshots
from adder.training.augment import augment
from adder.training.graph import capture
from adder.training.run import Run

WEIGHTS = "adder.safetensors"
REFUSED = 0.002  # of the validation digits: what the threshold may refuse
SURE = 0.9  # of a digit: a non-digit that is read so is worse than one that is read
SPREAD, SPREAD_UNTIL = 10.0, 0.5  # from sums alone: the weight of `spread`, and its share of the steps
CURVES_EVERY = 10.0  # s: drawing them takes longer than an epoch on a GPU
REDRAW = 2  # epochs that see the same drawn images, each warped anew
REPORT_EVERY = 20  # steps between looks at the running means: each look waits for the device


def train(run: Run, sets: splits.Sets, folder: Path, *, workers: int = 0) -> dict | None:
    """Trains what is left of the run, evaluates it once on the test set and writes the folder; returns the metrics.

    After every epoch the folder holds all that is needed to resume. Raises OSError when it cannot be written, and
    FloatingPointError when the loss is no number any more: the folder keeps the epoch before. Of several processes the
    first evaluates and writes, the others return None.
    """
    network = run.average
    drawn = -CURVES_EVERY
    for row in fit(run, sets, workers=workers, folder=folder if run.settings.snapshots else None):
        if distributed.rank() == 0:
            run.save(folder)
            with report.unless_in_use():
                report.write_log(folder / "log.csv", run.log)
            if row["epoch"] == run.settings.epochs or row["seconds"] - drawn > CURVES_EVERY:
                drawn = row["seconds"]
                with report.unless_in_use():
                    report.draw_curves(folder / "curves.png", run.log)
    if distributed.rank() != 0:
        return None
    calibration = run.provenance.get("calibration") or calibrate(network, sets, run.device)
    network.temperature.fill_(calibration["temperature"])
    snapshots.finish(folder, calibration["temperature"])
    outputs = evaluation.predict(network, sets.test.images.to(run.device))
    metrics = {
        "recipe": run.settings.recipe,
        "settings": run.settings.published(),
        "model": run.recipe.model,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        **run.provenance,
        "calibration": calibration,
        "torch": torch.__version__,
        "device": run.device.type,
        **({"card": torch.cuda.get_device_name(run.device)} if run.device.type == "cuda" else {}),
        "processes": distributed.world_size(),
        "data": sets.counts(),
        "seconds": run.log[-1]["seconds"],
        "validation": validate(network, sets, run.device, threshold=calibration.get("threshold")),
        "test": evaluation.score(outputs, sets.test.digits),
    }
    checkpoint.save(folder / WEIGHTS, network.state_dict(), metrics)
    report.write_metrics(folder / "metrics.json", metrics)
    with report.unless_in_use():
        report.draw_confusion(folder / "confusion.png", evaluation.confusion(outputs, sets.test.digits))
    with report.unless_in_use():
        report.draw_mistakes(folder / "mistakes.png", sets.test, outputs.digit)
    return metrics


def fit(run: Run, sets: splits.Sets, *, workers: int = 0, folder: Path | None = None) -> Iterator[dict]:
    """Trains the epochs that are left; after each, yields its row of the log.

    So many `workers` draw epochs ahead; the run's snapshots, if there is a folder for them, are written on the way.
    """
    settings, log = run.settings, run.log
    network = distributed.data_parallel(run.network)
    first = distributed.rank() == 0
    before = log[-1]["seconds"] if log else 0.0
    started = time.perf_counter()
    size = len(sets.training)
    steps = max(1, size // settings.batch_size)
    moments = snapshots.moments(steps, settings.epochs) if folder and first else set()

    def look() -> None:
        if folder and run.updates in moments and run.is_finite():
            snapshots.take(run, steps, validate(run.average, sets, run.device), folder)

    look()
    seeds = [settings.seed * 100_003 + epoch + 1 for epoch in range(settings.epochs)]
    drawn = sets.training.epochs(seeds[len(log) // REDRAW * REDRAW :: REDRAW], run.device, workers=workers)
    with tqdm(
        total=settings.epochs * size,
        initial=len(log) * size,
        unit=" images",
        unit_scale=True,
        desc=settings.recipe,
        smoothing=0.05,
        dynamic_ncols=True,
        disable=None if first else True,  # None: where stderr is no terminal
    ) as bar:
        if first and bar.disable:
            tell(f"{settings.recipe}: epochs {len(log) + 1} to {settings.epochs}, of {size:,} images each")
        begun = len(log)
        for epoch in range(begun, settings.epochs):
            if epoch % REDRAW == 0 or epoch == begun:
                images = next(drawn)
            torch.manual_seed(seeds[epoch])
            row: dict = {"epoch": epoch + 1, **train_epoch(run, network, images, epoch, bar, look)}
            row["validation"] = validate(run.average, sets, run.device) if first else {}
            row["seconds"] = before + time.perf_counter() - started
            scores = (score for kind in row["validation"].values() for score in kind.values())
            require(run.is_finite() and all(map(math.isfinite, (row["loss"], *scores))), run, epoch)
            if first and bar.disable:
                shares = f"digit {row['digit_accuracy']:.2%}, sum {row['sum_accuracy']:.2%}"
                tell(f"epoch {epoch + 1}: loss {row['loss']:.3f}, {shares}, {row['seconds']:.0f} s")
            log.append(row)
            yield row


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def require(finite: bool, run: Run, epoch: int) -> None:
    """FloatingPointError, in all processes, when it is not so in one."""
    if distributed.all_reduce(torch.tensor(float(not finite), device=run.device)).item():
        rate = run.settings.lr
        raise FloatingPointError(f"epoch {epoch + 1}: the loss is no number any more; use an --lr below {rate:g}")


def train_epoch(
    run: Run, network: torch.nn.Module, images: splits.Split, epoch: int, bar: tqdm, look: Callable[[], None]
) -> dict[str, float]:
    """One pass over the images, which lie on the run's device. Returns the epoch's means, over digits.

    `network` is the run's, or the same with its gradients averaged over processes; `look` is called after every step.
    """
    network.train()
    totals = torch.zeros(4, device=run.device)
    steps = max(1, len(images.digits) // run.settings.batch_size)
    for step, batch in enumerate(splits.batches(images, run.settings.batch_size), 1):
        totals += train_step(run, network, batch, (epoch + (step - 0.5) / steps) / run.settings.epochs)
        if step % REPORT_EVERY == 0:
            total_loss, digits, read, sums = totals.tolist()
            require(math.isfinite(total_loss), run, epoch)
            text = f"loss {total_loss / step:.3f}, digit {read / digits:.2%}, sum {sums / digits:.2%}"
            bar.set_postfix_str(text, refresh=False)
        look()
        bar.update(len(batch.digits))
    total_loss, digits, read, sums = distributed.all_reduce(totals).tolist()
    loss = total_loss / steps / distributed.world_size()
    lr = run.optimiser.param_groups[0]["lr"]
    return {"lr": lr, "loss": loss, "digit_accuracy": read / digits, "sum_accuracy": sums / digits}


def train_step(run: Run, network: torch.nn.Module, batch: splits.Batch, done: float) -> Tensor:
    """One step with this process's share of the batch. Returns, on the device, float32 (4,): the loss, and how many
    digits there were, how many were read right, and how many sums were right.

    `done` is the share of the run's steps behind it, which the learning rate follows. A CUDA device is told the whole
    way from the batch to the gradients in one launch.
    """
    for group in run.optimiser.param_groups:
        group["lr"] = run.settings.lr * run.recipe.schedule(done)
    spread = run.settings.supervision == "sum" and done < SPREAD_UNTIL
    backward: Callable[..., Tensor] = partial(forward_backward, run, network, spread)
    if run.device.type == "cuda" and distributed.world_size() == 1:
        if (spread, len(batch.digits)) not in run.graphs:
            run.graphs[spread, len(batch.digits)] = capture(backward, batch, network)
        backward = run.graphs[spread, len(batch.digits)]
    counts = backward(*batch)
    run.optimiser.step()
    run.update_average()
    return counts


def forward_backward(
    run: Run, network: torch.nn.Module, spread: bool, images: Tensor, digits: Tensor, numbers: Tensor, sums: Tensor
) -> Tensor:
    """A batch, as data.Batch holds it -> gradients, and train_step's (4,); averaged over processes, losses are the
    batch's."""
    images = images.float() / 255
    if run.recipe.augment:
        images = augment(images, run.recipe.augment)
    each = distributed.world_size() / (digits != splits.NO_DIGIT).sum().clamp(min=1)
    images, digits, numbers, sums = (distributed.shard(part) for part in (images, digits, numbers, sums))
    is_digit = digits != splits.NO_DIGIT
    with mixed_precision(run.device):
        prediction = network(images, numbers)
    smoothing = run.recipe.smoothing
    entropy = partial(F.cross_entropy, ignore_index=splits.NO_DIGIT, reduction="sum", label_smoothing=smoothing)
    loss = each * entropy(prediction.sum, sums)
    if run.settings.supervision == "both":
        loss = loss + each * entropy(prediction.digit, digits)
    elif spread:
        loss = loss - SPREAD * entropy_of_mean(prediction.digit, is_digit)
    if prediction.refusal is not None:
        loss = loss + F.binary_cross_entropy_with_logits(prediction.refusal, (~is_digit).float())
    if run.teachers:
        with mixed_precision(run.device):
            taught = distillation.loss(run.teachers, images, numbers, each * is_digit, prediction)
        loss = (1 - distillation.WEIGHT) * loss + distillation.WEIGHT * taught
    run.optimiser.zero_grad()
    loss.backward()
    right, added = prediction.digit.argmax(1) == digits, prediction.sum.argmax(1) == sums
    return torch.stack([loss.detach(), *(each.sum() for each in (is_digit, right, added))])


def entropy_of_mean(logits: Tensor, counted: Tensor) -> Tensor:
    """The entropy of the mean answer to the `counted` (B,) of digit logits (B, 10), of all processes: greatest when all
    digits are read alike often.

    Learning from sums alone would else settle early on reading, say, 3 as 2 and 4 as 5 when added, never to try the 3
    again. Marconato et al. 2023, 'Not all neuro-symbolic concepts are created equal', tell of such shortcuts and of
    entropy against them. That digits come about equally often is all it knows of them.
    """
    total = (logits.softmax(1) * counted[:, None]).sum(0)  # no index: it waits for a GPU
    mean = distributed.all_reduce_with_gradient(total) / distributed.all_reduce(counted.sum()).clamp(min=1)
    return -(mean * mean.clamp(min=1e-9).log()).sum()


def calibrate(network: models.Adder, sets: splits.Sets, device: torch.device) -> dict[str, float]:
    """What is chosen on the validation digits, MNIST's and drawn ones counting alike, however many there are of each.

    The temperature of the digit's logits and, for a network that refuses, the digit score that all but REFUSED of
    either kind of digits reach.
    """
    parts = [split for split in (sets.validation, sets.drawn) if len(split.digits)]
    outputs = [evaluation.predict(network, split.images.to(device)) for split in parts]
    answers = [(output.digit, split.digits) for output, split in zip(outputs, parts, strict=True)]
    calibration = {"temperature": evaluation.fit_temperature(*answers)}
    if outputs[0].refusal is not None:
        calibration["threshold"] = min(evaluation.threshold(output, REFUSED) for output in outputs)
    return calibration


def validate(
    network: models.Adder, sets: splits.Sets, device: torch.device, *, threshold: float | None = None
) -> dict[str, dict]:
    """Scores on MNIST's validation images and on drawn digits; for a network that refuses, on non-digits of each kind.

    With a threshold, the shares that it refuses, and of non-digits those taken for a digit with more than SURE.
    """
    splits = {"mnist": sets.validation, "drawn": sets.drawn, **sets.non_digits()}
    outputs = {
        name: evaluation.predict(network, split.images.to(device))
        for name, split in splits.items()
        if len(split.digits)
    }
    scores: dict[str, dict[str, float]] = {
        name: evaluation.score(outputs[name], splits[name].digits) for name in ("mnist", "drawn") if name in outputs
    }
    if outputs["mnist"].refusal is None:
        return scores
    digits = torch.cat([evaluation.digit_score(outputs[name]) for name in scores])
    for name, output in outputs.items():
        score = evaluation.digit_score(output)
        if name in sets.non_digits():
            scores[name] = {"auroc": evaluation.auroc(digits, score)}
        if threshold is not None:
            scores[name]["refused"] = (score < threshold).double().mean().item()
            if name in sets.non_digits():
                sure = (score >= threshold) & (output.digit.softmax(1).amax(1) > SURE)
                scores[name]["sure"] = sure.double().mean().item()
    return scores


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
