"""The training loop. In: a run and its data. Out: an averaged network and the run's folder. A killed run resumes.

Every epoch sets its own seed, so it depends on nothing but the state before it. A resumed run therefore equals an
unbroken one on the same CPU; CUDA does not promise equal bits.
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
from adder.data.images import LabelledImages, concatenate
from adder.network import checkpoint
from adder.network import model as models
from adder.training import distributed, evaluation, report, snapshots
from adder.training.augment import augment
from adder.training.cuda_graph import capture
from adder.training.run import Run

WEIGHTS = "adder.safetensors"
CALIBRATED = ("mnist", "pendigits", "unipen")  # sets of validation digits, by people and not synthetic
MAX_REFUSED = 0.002  # share of each of them that the threshold may refuse
REFUSAL_WEIGHT = 2.0  # of the loss of "not a digit"
SURE = 0.9  # probability above which a non-digit that is read counts as a confident mistake
ENTROPY_WEIGHT = 10.0  # of `entropy_of_mean` in the loss, with sums alone
ENTROPY_UNTIL = 0.5  # share of the steps with it
CURVES_EVERY = 10.0  # seconds: to plot the curves takes longer than an epoch on a GPU
RENDER_EVERY = 2  # epochs: those in between warp the same rendered images differently
REPORT_EVERY = 20  # steps between updates of the running means: each update waits for the device


def train(run: Run, sets: splits.Sets, folder: Path, *, workers: int = 0) -> dict | None:
    """Trains the rest of the run, evaluates it on the validation split and writes its folder. Returns the metrics.

    After every epoch the folder holds what a resume needs. Of several processes the first evaluates and writes; the
    others return None. OSError when the folder cannot be written, FloatingPointError when the loss is not finite: the
    folder then keeps the epoch before.
    """
    network = run.average
    curves_plotted = -CURVES_EVERY
    for row in run_epochs(run, sets, workers=workers, folder=folder if run.settings.snapshots else None):
        if distributed.rank() == 0:
            run.save(folder)
            with report.unless_in_use():
                report.write_log(folder / "log.csv", run.log)
            if row["epoch"] == run.settings.epochs or row["seconds"] - curves_plotted > CURVES_EVERY:
                curves_plotted = row["seconds"]
                with report.unless_in_use():
                    report.plot_curves(folder / "curves.png", run.log)
    if distributed.rank() != 0:
        return None
    calibration = calibrate(network, sets.validation, run.device)
    network.temperature.fill_(calibration["temperature"])
    snapshots.finish(folder, calibration["temperature"])
    digits = concatenate([part for name, part in sets.validation.digits().items() if name in CALIBRATED])
    outputs = evaluation.predict(network, digits.images.to(run.device))
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
        "validation": validate(network, sets.validation, run.device, threshold=calibration.get("threshold")),
    }
    checkpoint.save(folder / WEIGHTS, network.state_dict(), metrics)
    report.write_metrics(folder / "metrics.json", metrics)
    with report.unless_in_use():
        report.plot_confusion(folder / "confusion.png", evaluation.confusion(outputs, digits.digits))
    with report.unless_in_use():
        report.plot_mistakes(folder / "mistakes.png", digits, outputs.digit)
    return metrics


def run_epochs(run: Run, sets: splits.Sets, *, workers: int = 0, folder: Path | None = None) -> Iterator[dict]:
    """Trains the epochs that are left and yields the log's row for each.

    `workers` is the number of processes that render epochs ahead. With a folder, snapshots are written to it.
    """
    settings, log = run.settings, run.log
    network = distributed.data_parallel(run.network)
    is_first = distributed.rank() == 0
    seconds_before = log[-1]["seconds"] if log else 0.0
    started = time.perf_counter()
    size = len(sets.training)
    steps = max(1, size // settings.batch_size)
    snapshot_steps = snapshots.steps_of(steps, settings.epochs) if folder and is_first else set()

    def snapshot() -> None:
        if folder and run.updates in snapshot_steps and run.is_finite():
            snapshots.write(run, steps, validate(run.average, sets.validation, run.device), folder)

    snapshot()
    seeds = [settings.seed * 100_003 + epoch + 1 for epoch in range(settings.epochs)]
    rendered_seeds = seeds[len(log) // RENDER_EVERY * RENDER_EVERY :: RENDER_EVERY]
    epochs = sets.training.epochs(rendered_seeds, run.device, workers=workers)
    with tqdm(
        total=settings.epochs * size,
        initial=len(log) * size,
        unit=" images",
        unit_scale=True,
        desc=settings.recipe,
        smoothing=0.05,
        dynamic_ncols=True,
        disable=None if is_first else True,  # None: unless stderr is a terminal
    ) as bar:
        if is_first and bar.disable:
            say(f"{settings.recipe}: epochs {len(log) + 1} to {settings.epochs}, of {size:,} images each")
        start = len(log)
        for epoch in range(start, settings.epochs):
            if epoch % RENDER_EVERY == 0 or epoch == start:
                images = next(epochs)
            torch.manual_seed(seeds[epoch])
            row: dict = {"epoch": epoch + 1, **train_epoch(run, network, images, epoch, bar, snapshot)}
            row["validation"] = validate(run.average, sets.validation, run.device) if is_first else {}
            row["seconds"] = seconds_before + time.perf_counter() - started
            scores = (score for kind in row["validation"].values() for score in kind.values())
            require(run.is_finite() and all(map(math.isfinite, (row["loss"], *scores))), run, epoch)
            if is_first and bar.disable:
                shares = f"digit {row['digit_accuracy']:.2%}, sum {row['sum_accuracy']:.2%}"
                say(f"epoch {epoch + 1}: loss {row['loss']:.3f}, {shares}, {row['seconds']:.0f} s")
            log.append(row)
            yield row


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def require(finite: bool, run: Run, epoch: int) -> None:
    """FloatingPointError in all processes when `finite` is false in one."""
    if distributed.all_reduce(torch.tensor(float(not finite), device=run.device)).item():
        rate = run.settings.lr
        raise FloatingPointError(f"epoch {epoch + 1}: the loss is not a number; use an --lr below {rate:g}")


def train_epoch(
    run: Run,
    network: torch.nn.Module,
    images: LabelledImages,
    epoch: int,
    bar: tqdm,
    snapshot: Callable[[], None],
) -> dict[str, float]:
    """One pass over the images, on the run's device. Returns the epoch's means, accuracies over digits only.

    `network` is the run's, or the same with gradients averaged over processes. `snapshot` is called after every step.
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
        snapshot()
        bar.update(len(batch.digits))
    total_loss, digits, read, sums = distributed.all_reduce(totals).tolist()
    loss = total_loss / steps / distributed.world_size()
    lr = run.optimiser.param_groups[0]["lr"]
    return {"lr": lr, "loss": loss, "digit_accuracy": read / digits, "sum_accuracy": sums / digits}


def train_step(run: Run, network: torch.nn.Module, batch: splits.Batch, progress: float) -> Tensor:
    """One step with this process's share of the batch.

    Returns, on the device, float32 (4,): the loss, the number of digits, of digits read right, and of right sums.
    `progress`, in [0, 1], is the share of the run's steps behind it; the learning rate follows it. On CUDA everything
    from the batch to the gradients is one launch.
    """
    for group in run.optimiser.param_groups:
        group["lr"] = run.settings.lr * run.recipe.schedule(progress)
    with_entropy = run.settings.supervision == "sum" and progress < ENTROPY_UNTIL
    backward: Callable[..., Tensor] = partial(forward_backward, run, network, with_entropy)
    if run.device.type == "cuda" and distributed.world_size() == 1:
        if (with_entropy, len(batch.digits)) not in run.graphs:
            run.graphs[with_entropy, len(batch.digits)] = capture(backward, batch, network)
        backward = run.graphs[with_entropy, len(batch.digits)]
    counts = backward(*batch)
    run.optimiser.step()
    run.update_average()
    return counts


def forward_backward(
    run: Run,
    network: torch.nn.Module,
    with_entropy: bool,
    images: Tensor,
    digits: Tensor,
    numbers: Tensor,
    sums: Tensor,
) -> Tensor:
    """A batch, as splits.Batch holds it -> gradients, and the (4,) of `train_step`.

    Averaged over processes, the loss is that of the whole batch.
    """
    images = images.float() / 255
    if run.recipe.augment:
        images = augment(images, run.recipe.augment)
    weight = distributed.world_size() / (digits != splits.NO_DIGIT).sum().clamp(min=1)
    images, digits, numbers, sums = (distributed.shard(part) for part in (images, digits, numbers, sums))
    is_digit = digits != splits.NO_DIGIT
    with mixed_precision(run.device):
        prediction = network(images, numbers)
    cross_entropy = partial(
        F.cross_entropy,
        ignore_index=splits.NO_DIGIT,
        reduction="sum",
        label_smoothing=run.recipe.label_smoothing,
    )
    loss = weight * cross_entropy(prediction.sum, sums)
    if run.settings.supervision == "both":
        loss = loss + weight * cross_entropy(prediction.digit, digits)
    elif with_entropy:
        loss = loss - ENTROPY_WEIGHT * entropy_of_mean(prediction.digit, is_digit)
    if prediction.refusal is not None:
        loss = loss + REFUSAL_WEIGHT * F.binary_cross_entropy_with_logits(prediction.refusal, (~is_digit).float())
    run.optimiser.zero_grad()
    loss.backward()
    digit_right, sum_right = prediction.digit.argmax(1) == digits, prediction.sum.argmax(1) == sums
    return torch.stack([loss.detach(), *(each.sum() for each in (is_digit, digit_right, sum_right))])


def entropy_of_mean(logits: Tensor, counted: Tensor) -> Tensor:
    """The entropy of the mean of softmax(logits) over the batch of all processes; logits (B, 10), `counted` bool (B,).

    It is greatest when every digit is read equally often. Without it, learning from sums alone may settle early on a
    shortcut, such as reading 3 as 2 and making up for it in the table, and never leave it. Shortcuts, and entropy as a
    remedy: Marconato et al. 2023, 'Not all neuro-symbolic concepts are created equal'.
    """
    total = (logits.softmax(1) * counted[:, None]).sum(0)  # no index: it waits for a GPU
    mean = distributed.all_reduce_with_gradient(total) / distributed.all_reduce(counted.sum()).clamp(min=1)
    return -(mean * mean.clamp(min=1e-9).log()).sum()


def calibrate(network: models.Adder, validation: splits.Judged, device: torch.device) -> dict[str, float]:
    """Chooses the temperature of the digit logits and, for a network that refuses, the threshold of the digit score.

    Both come from the sets of CALIBRATED, which have equal weight, however large they are. At most a share MAX_REFUSED
    of each set lies below the threshold.
    """
    parts = [part for name, part in validation.digits().items() if name in CALIBRATED]
    outputs = [evaluation.predict(network, part.images.to(device)) for part in parts]
    answers = [(output.digit, part.digits) for output, part in zip(outputs, parts, strict=True)]
    calibration = {"temperature": evaluation.fit_temperature(*answers)}
    if outputs[0].refusal is not None:
        calibration["threshold"] = min(evaluation.threshold(output, MAX_REFUSED) for output in outputs)
    return calibration


def validate(
    network: models.Adder, judged: splits.Judged, device: torch.device, *, threshold: float | None = None
) -> dict[str, dict]:
    """Scores on each set of digits; for a network that refuses, on each kind of non-digits.

    With a threshold, also the share that is refused, and of non-digits the share read as a digit with more than SURE.
    """
    digits, non_digits = judged.digits(), judged.non_digits()
    outputs = {
        name: evaluation.predict(network, part.images.to(device)) for name, part in (digits | non_digits).items()
    }
    scores: dict[str, dict[str, float]] = {
        name: evaluation.score(outputs[name], part.digits) for name, part in digits.items()
    }
    if outputs["mnist"].refusal is None:
        return scores
    digit_scores = torch.cat([evaluation.digit_score(outputs[name]) for name in digits])
    for name, output in outputs.items():
        score = evaluation.digit_score(output)
        if name in non_digits:
            scores[name] = {"images": len(score), "auroc": evaluation.auroc(digit_scores, score)}
        if threshold is not None:
            scores[name]["refused"] = (score < threshold).double().mean().item()
            if name in non_digits:
                sure = (score >= threshold) & (output.digit.softmax(1).amax(1) > SURE)
                scores[name]["sure"] = sure.double().mean().item()
    return scores


def mixed_precision(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16 where the hardware multiplies it; elsewhere bfloat16 would be slower than float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=multiplies_bfloat16(device.type))


@cache
def multiplies_bfloat16(kind: str) -> bool:
    """Whether 'cuda' or 'cpu' has it in hardware: GPUs from Ampere on, CPUs with AMX or AVX512-BF16."""
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    can = torch.cpu.get_capabilities() if kind == "cpu" and hasattr(torch.cpu, "get_capabilities") else {}
    return bool(can.get("amx_bf16") or can.get("avx512_bf16"))
