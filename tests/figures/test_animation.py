"""Moving pictures: every frame is there, in its colours, and the file is whole or absent."""

import re
import stat
import sys

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import make_moons

import clearprop as cp
from clearprop.errors import ArgumentError, WriteError
from clearprop.figures import (
    DARK,
    LIGHT,
    BackpropStep,
    Series,
    animate,
    backprop_animation,
    backprop_drawings,
    boundaries_over,
    describe_backprop_animation,
    describe_network_drawing,
    describe_training_animation,
    series_curves,
    training_animation,
)
from clearprop.figures.training_animation import training_frame


def draw(k, theme):
    return series_curves([Series("", [0, 1], [0, k + 1])], "A line", "x", "y", theme=theme)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_gif_has_every_frame_its_times_and_the_colours_of_the_theme(tmp_path, theme):
    animate(draw, 3, tmp_path / "a.gif", fps=4, hold=1.5, dpi=30, theme=theme.name)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 3
        frames, times = [], []
        for k in range(3):
            gif.seek(k)
            times.append(gif.info["duration"])
            frames.append(np.asarray(gif.convert("RGB")))
        assert gif.info["loop"] == 0
    assert times == [250, 250, 1500]
    assert "#{:02x}{:02x}{:02x}".format(*frames[0][0, 0]) == theme.background
    assert not np.array_equal(frames[0], frames[1])
    assert frames[0].shape == (102, 162, 3)


def test_the_same_frames_give_the_same_bytes(tmp_path):
    for name in ("a.gif", "b.gif"):
        animate(draw, 2, tmp_path / name, dpi=30)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_frames_of_different_sizes_are_refused_and_nothing_is_written(tmp_path):
    def grow(k, theme):
        ax = draw(k, theme)
        ax.figure.set_size_inches(5 + k, 3)
        return ax

    (tmp_path / "a.gif").write_bytes(b"old")
    with pytest.raises(ArgumentError, match=re.escape("frame 1 is (180, 90) dots")):
        animate(grow, 2, tmp_path / "a.gif", dpi=30)
    assert (tmp_path / "a.gif").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("frames", "name", "choices", "message"),
    [
        (2, "a.png", {}, "path must end in .gif or .mp4; got 'a.png'"),
        (0, "a.gif", {}, "frames must be"),
        (2, "a.gif", {"fps": 0}, "fps must be"),
        (2, "a.gif", {"dpi": -1}, "dpi must be"),
        (2, "a.gif", {"hold": -1}, "hold must be"),
    ],
)
def test_bad_choices_are_refused(tmp_path, frames, name, choices, message):
    with pytest.raises(ArgumentError, match=re.escape(message)):
        animate(draw, frames, tmp_path / name, **choices)


def program(folder, body):
    """A stand-in for ffmpeg: what it is given is all that this project is answerable for."""
    path = folder / "ffmpeg"
    path.write_text(f"#!{sys.executable}\nimport sys, pathlib\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_an_mp4_is_what_ffmpeg_makes_of_the_frames(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    echo = (
        "raw = sys.stdin.buffer.read()\n"
        "args = ' '.join(sys.argv[1:-1]).encode()\n"
        "pathlib.Path(sys.argv[-1]).write_bytes(args + b'|' + raw)"
    )
    program(tmp_path, echo)
    animate(draw, 2, tmp_path / "a.mp4", fps=2, hold=1.5, dpi=30.3)
    said, raw = (tmp_path / "a.mp4").read_bytes().split(b"|", 1)
    width, height = map(int, re.search(rb"-s (\d+)x(\d+)", said).groups())
    assert (width, height) == (162, 102)  # even, as the encoders want them
    assert b"-r 2 " in said
    frames = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
    assert len(frames) == 4  # the last stays for one second and a half
    assert np.array_equal(frames[1], frames[3])
    assert not np.array_equal(frames[0], frames[1])


def test_without_ffmpeg_that_is_said_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WriteError, match=re.escape("no ffmpeg on the PATH; install it, or use .g")):
        animate(lambda *_: pytest.fail("drawn"), 2, tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit('no such encoder')", "failed on 1 frame: no such encoder"),
        ("sys.stdin.read; sys.exit(3)", "exit code 3"),
    ],
)
def test_what_ffmpeg_complains_of_is_said(tmp_path, monkeypatch, body, message):
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, f"sys.stdin.buffer.read()\n{body}")
    with pytest.raises(WriteError, match=message):
        animate(draw, 1, tmp_path / "a.mp4", dpi=30)
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(WriteError, match="cannot write"):
        animate(draw, 1, tmp_path / "none" / "a.gif", dpi=30)


@pytest.fixture(scope="module")
def moons():
    X, y = make_moons(60, noise=0.1, random_state=0)
    network = cp.Network([2, 4, 1], hidden="tanh", output="sigmoid", seed=0)
    run = cp.train(network, X, y, learning_rate=0.05, epochs=5, record_weights="epoch")
    return run, X, y


def test_boundaries_are_what_the_network_says_with_each_of_its_weights(moons):
    run, X, y = moons
    found = boundaries_over(run.network, run.weights, X, y, places=7)
    assert len(found) == 6
    for boundary, w in zip(found, run.weights, strict=True):
        network = run.network.copy()
        network.parameters = w
        across, up = np.meshgrid(boundary.grid_x, boundary.grid_y)
        expected = network.predict(np.column_stack([across.ravel(), up.ravel()])).reshape(7, 7)
        assert boundary.field[..., 1] == pytest.approx(expected)
        assert boundary.misclassified.tolist() == ((network.predict(X)[:, 0] > 0.5) != y).tolist()
    assert found[0].class_names == ["0", "1"]
    assert found[0].grid_x[0] < X[:, 0].min() < X[:, 0].max() < found[0].grid_x[-1]


def test_softmax_outputs_are_the_probabilities_of_their_classes():
    network = cp.Network([2, 3], output="softmax", seed=0)
    X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    (found,) = boundaries_over(network, [network.parameters], X, [0, 1, 2], places=4)
    assert found.field.shape == (4, 4, 3)
    assert found.field.sum(axis=-1) == pytest.approx(np.ones((4, 4)))


def test_networks_without_a_boundary_are_refused():
    for network in (cp.Network([3, 1], output="sigmoid"), cp.Network([2, 1])):
        X = np.zeros((1, network.architecture.layer_sizes[0]))
        with pytest.raises(ArgumentError, match="network must have two inputs and a sigmoid or so"):
            boundaries_over(network, [network.parameters], X, [0])


def test_a_frame_of_a_training_shows_the_loss_up_to_its_epoch(moons):
    run, X, y = moons
    boundary = boundaries_over(run.network, run.weights[:1], X, y, places=5)[0]
    left = training_frame(boundary, 3, run.history)
    assert left.get_title(loc="left") == "Epoch 3"
    whole, done, dot = left.figure.axes[1].lines[:3]
    loss = run.history["train_loss"]
    assert whole.get_ydata().tolist() == loss.tolist()
    assert done.get_ydata().tolist() == loss[:4].tolist()
    assert dot.get_xydata().tolist() == [[3, loss[3]]]


def test_a_training_becomes_a_small_file(moons, tmp_path):
    run, X, y = moons
    boundaries = boundaries_over(run.network, run.weights, X, y)
    path = tmp_path / "training.gif"
    training_animation(boundaries, run.history["epoch"], run.history, path, frames=3)
    with Image.open(path) as gif:
        assert gif.n_frames == 3
    assert path.stat().st_size < 2e6 / 8  # three of the usual two dozen frames
    with pytest.raises(ArgumentError, match=re.escape("boundaries must be as many as epochs (5)")):
        training_animation(boundaries, range(5), run.history, path)


def test_a_training_in_words_has_mistakes_and_losses_at_both_ends(moons):
    run, X, y = moons
    boundaries = boundaries_over(run.network, run.weights, X, y)
    wrong = [int(boundaries[k].misclassified.sum()) for k in (0, -1)]
    loss = run.history["train_loss"]
    assert wrong[0] > wrong[1]
    said = describe_training_animation(boundaries, run.history["epoch"], run.history)
    assert said == (
        f"Decision boundary from epoch 0 to 5: {wrong[0]} of 60 rows misclassified at first, "
        f"{wrong[1]} at last; training loss from {loss[0]:.4g} to {loss[-1]:.4g}."
    )
    lost = {"epoch": [0, 1], "train_loss": [np.nan, np.nan]}
    assert "loss never finite" in describe_training_animation(boundaries[:2], [0, 1], lost)


def ledger():
    network = cp.Network([2, 3, 1], hidden="tanh", output="sigmoid", seed=0)
    return cp.ledger(network, [[1.0, 2.0], [0.5, 0.1]], [1, 0], learning_rate=0.5)


def test_a_step_lights_up_forward_then_backward_and_ends_with_new_weights():
    step = ledger()
    drawings = backprop_drawings(BackpropStep.of(step, sample=1))
    assert [drawing.title for drawing in drawings] == [
        "Forward: inputs",
        "Forward: values of layer 1",
        "Forward: values of layer 2",
        "Backward: deltas of layer 2",
        "Backward: deltas of layer 1",
        "New weights",
    ]
    assert [d.direction for d in drawings] == ["forward"] * 3 + ["backward"] * 2 + ["forward"]
    assert [set(d.lit) for d in drawings[:5]] == [{0}, {0, 1}, {0, 1, 2}, {2}, {1, 2}]
    assert drawings[1].neuron_labels == [[0.5, 0.1], step["a1"][1].tolist(), [None]]
    assert drawings[3].neuron_labels[1:] == [step["a1"][1].tolist(), step["delta2"][1].tolist()]
    assert drawings[4].neuron_labels[1] == step["delta1"][1].tolist()
    assert drawings[4].neuron_names[1:] == [["δ1[0]", "δ1[1]", "δ1[2]"], ["δ2[0]"]]
    assert np.array_equal(drawings[0].edge_labels[0], step["W1"])
    assert np.array_equal(drawings[5].edge_labels[1], step["W2_new"])
    assert "x1 0.5, x2 0.1" in describe_network_drawing(drawings[0])


def test_a_step_in_words_has_output_deltas_and_the_largest_moves():
    step = ledger()
    moves = [np.abs(step[f"W{i}_new"] - step[f"W{i}"]).max() for i in (1, 2)]
    said = describe_backprop_animation(BackpropStep.of(step))
    assert said.startswith("One step of backpropagation, 2-3-1: output ")
    assert f"deltas of layer 2 {step['delta2'][0, 0]:.3g}; deltas of layer 1 " in said
    assert f"layer 1 move by at most {moves[0]:.3g}; weights of layer 2 move" in said
    assert said.endswith(f"by at most {moves[1]:.3g}.")


def test_a_step_becomes_a_small_file(tmp_path):
    backprop_animation(BackpropStep.of(ledger()), tmp_path / "step.gif", theme="dark")
    with Image.open(tmp_path / "step.gif") as gif:
        assert gif.n_frames == 6
    assert (tmp_path / "step.gif").stat().st_size < 2e5


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (([[1], [1]], [], [[[1]]], [[[1]]]), "deltas must be of the shapes [(1,)]"),
        (([[1], [1]], [[1]], [[1]], [[[1]]]), "weights must be of the shapes [(1, 1)]"),
        (([[1], [1]], [[1]], [[[1]]], [[[1, 2]]]), "new_weights must be of the shapes [(1, 1)]"),
        (([[1], []], [[1]], [[[1]]], [[[1]]]), "activations[1] must be a non-empty array"),
    ],
)
def test_numbers_that_do_not_fit_one_another_are_refused(arrays, message):
    with pytest.raises(ArgumentError, match=re.escape(message)):
        backprop_drawings(BackpropStep(*arrays))
