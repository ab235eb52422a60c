"""A hand is taught on the real network: its lessons move what is near them, and nothing far off."""

import json

import numpy as np
import pytest

from adder.corrections import MAX_CORRECTIONS, Corrections, as_json
from adder.reader import Reader
from bench import synthetic_pictures
from bench.command import WEIGHTS
from bench.drawings import page_examples

SNAPSHOT = sorted((WEIGHTS / "snapshots").glob("*.safetensors"))[-2]  # the same network, trained for less long

FOUR = [[(50, 5), (20, 60), (85, 60)], [(65, 30), (65, 98)]]
LOOP = [[(50, 10), (20, 30), (30, 60), (60, 55), (65, 15), (62, 40), (55, 95)]]  # a 9, or what somebody means by a 4
SCRIBBLE = [[(10, 10), (90, 80), (10, 60), (95, 15), (40, 95), (60, 5), (15, 85), (80, 45), (30, 20)]]


@pytest.fixture(scope="module")
def reader():
    return Reader.load(WEIGHTS / "adder.safetensors", "cpu")


def shaken(drawing, rng):
    return [np.array(stroke) + rng.normal(0, 1.5, (len(stroke), 2)) for stroke in drawing]


def test_a_lesson_is_read_at_once_and_so_is_what_looks_like_it(reader, rng):
    before = reader.read_strokes(LOOP, 3)
    other = (before.digit + 5) % 10
    corrections = Corrections(reader)
    corrections.add(LOOP, other)
    for drawing in (LOOP, shaken(LOOP, rng)):
        for number in range(10):
            reading = reader.read_strokes(drawing, number, corrections=corrections)
            assert (reading.digit, reading.sum, reading.is_digit) == (other, other + number, True)
            np.testing.assert_allclose(reading.digit_probs.sum(), 1, atol=1e-5)
    assert reader.read_strokes(LOOP, 3).digit == before.digit, "without the hand nothing is moved"
    corrections.remove(0)
    np.testing.assert_array_equal(reader.read_strokes(LOOP, 3, corrections=corrections).digit_probs, before.digit_probs)


def test_far_off_drawings_stay_as_they_are(reader):
    corrections = Corrections(reader)
    corrections.add(LOOP, 4)
    for example in page_examples():
        if example["digit"] in (4, 9):
            continue
        alone, taught = (reader.read_strokes(example["strokes"], 2, corrections=each) for each in (None, corrections))
        assert taught.digit == alone.digit == example["digit"]
        np.testing.assert_allclose(taught.digit_probs, alone.digit_probs, atol=0.03)


def test_what_was_taught_as_none_is_refused_and_a_refused_digit_is_not(reader):
    corrections = Corrections(reader)
    assert reader.read_strokes(FOUR, 0).is_digit and not reader.read_strokes(SCRIBBLE, 0).is_digit
    corrections.add(FOUR, None)
    corrections.add(SCRIBBLE, 8)
    assert not reader.read_strokes(FOUR, 0, corrections=corrections).is_digit
    scribble = reader.read_strokes(SCRIBBLE, 5, corrections=corrections)
    assert (scribble.digit, scribble.sum, scribble.is_digit) == (8, 13, True)


def test_contradictory_lessons_end_undecided(reader):
    for digits in ((1, 7), (7, 1)):
        corrections = Corrections(reader)
        for digit in digits:
            corrections.add(LOOP, digit)
        probs = reader.read_strokes(LOOP, 0, corrections=corrections).digit_probs
        assert set(np.argsort(probs)[-2:]) == {1, 7} and probs[[1, 7]].min() > 0.3


def test_one_batch_for_several_hands(reader):
    several = [None, Corrections(reader), Corrections(reader), Corrections(reader)]
    several[1].add(LOOP, 4)
    several[2].add(LOOP, 2)
    together = reader.read_all_numbers([LOOP] * 4, several)
    for readings, corrections in zip(together, several, strict=True):
        alone = reader.read_strokes(LOOP, 7, corrections=corrections)
        assert readings[7].sum == alone.sum and readings[7].digit == alone.digit
        np.testing.assert_allclose(readings[7].digit_probs, alone.digit_probs, atol=1e-4)  # a batch rounds otherwise


@pytest.mark.parametrize("recipe", ["bottleneck", "concat-mlp"])
def test_the_reference_networks_learn_the_same_way(recipe):
    reader = Reader.load(WEIGHTS / f"{recipe}.safetensors", "cpu")
    other = (reader.read_strokes(LOOP, 0).digit + 5) % 10
    corrections = Corrections(reader)
    corrections.add(LOOP, other)
    assert reader.read_strokes(LOOP, 0, corrections=corrections).digit == other


def test_kept_in_a_file_and_seen_anew_by_other_weights(reader, tmp_path):
    corrections = Corrections(reader)
    corrections.add(LOOP, 4)
    corrections.add(SCRIBBLE, None)
    corrections.save(tmp_path / "corrections.json")
    again = Corrections.load(tmp_path / "corrections.json", reader)
    ours, theirs = (reader.read_strokes(LOOP, 1, corrections=each).digit_probs for each in (corrections, again))
    np.testing.assert_allclose(theirs, ours, atol=1e-6)
    other = Reader.load(SNAPSHOT, "cpu")
    seen_anew = Corrections.load(tmp_path / "corrections.json", other)
    assert other.read_strokes(LOOP, 1, corrections=seen_anew).digit == 4 and len(seen_anew) == 2
    with pytest.raises(ValueError, match="other weights"):
        Corrections.from_json(other, [as_json(correction, image=False) for correction in corrections.kept])


@pytest.mark.parametrize("other", ["a snapshot", "bottleneck", "without a file"])
def test_another_readers_hand_is_refused_and_its_lessons_are_not(reader, other):
    if other == "without a file":
        corrections = Corrections(Reader(reader.network))
        assert corrections.reader.weights != Reader(reader.network).weights
    else:
        path = SNAPSHOT if other == "a snapshot" else WEIGHTS / f"{other}.safetensors"
        corrections = Corrections(Reader.load(path, "cpu"))
    corrections.add(LOOP, 4)
    asked = (
        lambda: reader.read_strokes(LOOP, 0, corrections=corrections),
        lambda: reader.read_strokes([], 0, corrections=corrections),
        lambda: reader.read(np.eye(40, dtype=np.uint8), 0, corrections=corrections),
        lambda: reader.read_picture(
            synthetic_pictures.encode(synthetic_pictures.grey(np.eye(200)), "png"), 0, corrections=corrections
        ),
        lambda: reader.read_many([LOOP, LOOP], [0, 0], corrections=corrections),
        lambda: reader.read_all_numbers([LOOP, LOOP], [None, corrections]),
    )
    for ask in asked:
        with pytest.raises(ValueError, match=r"other weights.*Corrections\(reader, corrections\.kept\)"):
            ask()
    assert reader.read_strokes(LOOP, 0, corrections=Corrections(reader, corrections.kept)).digit == 4
    again = Reader.load(WEIGHTS / "adder.safetensors", "cpu")
    assert again.read_strokes(LOOP, 0, corrections=Corrections(reader, corrections.kept)).digit == 4, "of the same file"


def test_a_full_hand_travels_small(reader):
    corrections = Corrections(reader)
    for digit in [*range(10)] * 3 + [1, 2]:
        corrections.add(LOOP, digit)
    assert len(json.dumps([as_json(correction, image=False) for correction in corrections.kept])) < 8000
    with pytest.raises(ValueError, match=f"at most {MAX_CORRECTIONS}"):
        corrections.add(FOUR, 4)


@pytest.mark.parametrize("spoil", [
    lambda kept: kept[0].__setitem__(1, 10),
    lambda kept: kept[0].__setitem__(1, True),
    lambda kept: kept[0].__setitem__(2, float("nan")),
    lambda kept: kept[0].__setitem__(2, "1"),
    lambda kept: kept[0].__setitem__(3, "AAAA"),
    lambda kept: kept[0].__setitem__(3, "A" * 10**6),
    lambda kept: kept[0].__setitem__(3, 7),
    lambda kept: kept[0].__setitem__(0, "another"),
    lambda kept: kept[0].pop(),
    lambda kept: kept.extend(kept * 10_000),
])  # fmt: skip
def test_bad_hands(reader, spoil):
    corrections = Corrections(reader)
    corrections.add(LOOP, 4)
    kept = [as_json(corrections.kept[0], image=False)]
    spoil(kept)
    with pytest.raises(ValueError, match=r"correction|expected"):
        Corrections.from_json(reader, kept)


def test_what_cannot_be_learned(reader):
    corrections = Corrections(reader)
    with pytest.raises(ValueError, match="blank"):
        corrections.add([], 4)
    with pytest.raises(ValueError, match="0 to 9"):
        corrections.add(FOUR, 12)
    assert len(corrections) == 0


def test_the_earlier_names_work_and_warn(reader, tmp_path):
    from adder.hand import Hand, Lesson

    with pytest.warns(DeprecationWarning, match=r"adder\.corrections\.Corrections"):
        hand = Hand(reader)
    assert isinstance(hand.learn(LOOP, 4), Lesson) and len(hand.lessons) == 1
    with pytest.warns(DeprecationWarning, match="corrections="):
        assert reader.read_strokes(LOOP, 0, hand=hand).digit == 4
    (tmp_path / "hand.json").write_text(json.dumps({"lessons": [as_json(hand.lessons[0])]}), encoding="utf-8")
    assert reader.read_strokes(LOOP, 0, corrections=Corrections.load(tmp_path / "hand.json", reader)).digit == 4
    hand.forget(0)
    assert len(hand) == 0
