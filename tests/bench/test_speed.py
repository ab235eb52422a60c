import numpy as np
import pytest
import torch

from adder.data import splits
from adder.reader import Reader
from adder.training import evaluation
from adder.training.run import Run, Settings
from bench import speed


@pytest.fixture(scope="module")
def sets(data_dir):
    return splits.load(data_dir, drawings=False, non_digits=False, limit=600)


def test_a_race_ends_at_the_target_the_limit_or_the_last_epoch(sets, monkeypatch):
    def run(**options):
        return speed.race("one-epoch", sets, seed=0, device=torch.device("cpu"), **options)

    ended = run(limit=900)
    assert ended.reached == [None, None] and ended.rate > 0  # two steps of training read nothing
    monkeypatch.setattr(speed, "TARGETS", (0.0, 0.001))
    first, second = run(limit=900).reached
    assert 0 < first <= second
    monkeypatch.setattr(speed, "TARGETS", (0.0, 1.1))
    assert run(limit=0).reached[0] > 0


def test_what_was_not_reached_counts_as_infinite(capsys):
    assert speed.median_of([1.0, None, 3.0]) == 3 and speed.median_of([None, 2.0, None]) == float("inf")
    races = {
        "quick": [speed.Race([10.0, None], 11.0, 2000.0)] * 3,
        "bottleneck": [
            speed.Race([400.0, None], 600.0, 300.0),
            speed.Race([None, None], 600.0, 300.0),
            speed.Race([410.0, 500.0], 500.0, 1),
        ],
    }
    speed.print_races(races)
    _, _, quick, slow = capsys.readouterr().out.splitlines()
    assert "| 10.0 s (10.0, 10.0, 10.0) | not reached | 41.0 | 2,000 |" in quick
    assert "| 410.0 s (400.0, -, 410.0) |" in slow and "| 1.0 | 300 |" in slow
    assert speed.times_as_fast(10.0, races["bottleneck"][:2] * 2) == "over 50.0"
    assert speed.times_as_fast(float("inf"), races["quick"]) == "-"


def test_a_missed_limit_is_named():
    def ran(*reached):
        return [speed.Race(list(each), 600.0, 1.0) for each in reached]

    slow = {"bottleneck-plain": ran((80.0, None)), "bottleneck": ran((None, None))}
    met = {"quick": ran((1.5, None), (1.6, None)), "brief": ran((3.0, 18.0), (3.0, 18.2)), **slow}
    assert speed.missed_limits(met) == [] and speed.missed_limits(slow) == []
    assert speed.missed_limits(met | {"brief": ran((3.0, 19.0))}) == ["brief in 12 times the seconds of quick"]
    assert speed.missed_limits(met | {"brief": ran((3.0, 18.0), (3.0, 18.0), (3.0, None))}) == [
        "brief to 99.5% in each seed"
    ]
    assert speed.missed_limits(slow | {"quick": ran((2.0, None), (2.0, None), (None, None))}) == [
        "quick to 99.0% in each seed",
        "50 times as fast as bottleneck-plain",
    ]


def test_reading_and_starting_are_measured(tmp_path, rng):
    path = speed.save_untrained("quick", tmp_path)
    reader = Reader.load(path, "cpu")
    threads = torch.get_num_threads()
    median, p95 = speed.one_core_latencies(
        lambda i: speed.read_one(reader, [[np.array([[0, 0], [50, 90]])]], i), repeats=10
    )
    assert 0 < median <= p95 and torch.get_num_threads() == threads
    assert speed.batch_rate(reader, rng.integers(0, 256, (20, 28, 28)).astype(np.uint8)) > 0
    imported, loaded, memory = speed.start_costs(path)
    assert imported > 0 and loaded > 0 and 50 < memory < 2000


def test_the_worse_output_decides_to_the_image(sets):
    run = Run(Settings("one-epoch", 1, 64, 1e-2, 0), torch.device("cpu"), {})
    images = sets.validation.mnist.first(600)
    scored = evaluation.score(evaluation.predict(run.average, images.images), images.digits)
    worse = min(scored["digit_accuracy"], scored["sum_accuracy"])
    assert speed.reaches(worse, run, images) and not speed.reaches(worse + 0.1 / 6000, run, images)
