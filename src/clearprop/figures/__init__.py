"""Figures: one function a figure, arrays and strings in, Matplotlib Axes out.

Each `figure(...)` has a `describe_figure(...)` beside it, taking the same data and returning one
sentence with the real numbers: the alternative text. Nothing here touches pyplot, and importing
this room loads no Matplotlib; the first figure drawn does.

Every figure takes `ax` (an existing Axes; one is made where it is None; small multiples make all of
theirs) and `theme` ("light" or "dark"). `as_svg` and `as_png` turn what was drawn into bytes,
`animate` turns drawn frames into a GIF or an MP4.
"""

from clearprop.figures.activations_time import (
    activations_over_time,
    describe_activations_over_time,
)
from clearprop.figures.animation import animate
from clearprop.figures.backprop_animation import (
    BackpropStep,
    backprop_animation,
    backprop_drawings,
    describe_backprop_animation,
)
from clearprop.figures.bars import bars, describe_bars
from clearprop.figures.boundary import Boundary, decision_boundary, describe_decision_boundary
from clearprop.figures.confusion import confusion_matrix, describe_confusion_matrix
from clearprop.figures.function import describe_function_curve, function_curve
from clearprop.figures.loss import describe_loss_curves, loss_curves
from clearprop.figures.network import (
    NetworkDrawing,
    describe_network_drawing,
    network_drawing,
)
from clearprop.figures.output import as_png, as_svg, house_defaults
from clearprop.figures.predicted import (
    describe_predicted_against_true,
    predicted_against_true,
)
from clearprop.figures.rate import describe_learning_rate_curve, learning_rate_curve
from clearprop.figures.rate_map import describe_rate_map, rate_map
from clearprop.figures.rate_multiples import (
    Line,
    Panel,
    describe_rate_multiples,
    rate_multiples,
)
from clearprop.figures.residuals import describe_residual_histogram, residual_histogram
from clearprop.figures.score import describe_score_curves, score_curves
from clearprop.figures.series import Series, describe_series_curves, series_curves
from clearprop.figures.spectrum import describe_hessian_spectrum, hessian_spectrum
from clearprop.figures.style import DARK, LIGHT, Theme
from clearprop.figures.surface import Path2D, Surface, describe_surface_2d, surface_2d
from clearprop.figures.surface_3d import describe_surface_3d, surface_3d
from clearprop.figures.tangent import describe_tangent_curve, tangent_curve
from clearprop.figures.training_animation import (
    boundaries_over,
    describe_training_animation,
    training_animation,
)
from clearprop.figures.weights import describe_weight_histories, weight_histories

__all__ = [
    "DARK",
    "LIGHT",
    "BackpropStep",
    "Boundary",
    "Line",
    "NetworkDrawing",
    "Panel",
    "Path2D",
    "Series",
    "Surface",
    "Theme",
    "activations_over_time",
    "animate",
    "as_png",
    "as_svg",
    "backprop_animation",
    "backprop_drawings",
    "bars",
    "boundaries_over",
    "confusion_matrix",
    "decision_boundary",
    "describe_activations_over_time",
    "describe_backprop_animation",
    "describe_bars",
    "describe_confusion_matrix",
    "describe_decision_boundary",
    "describe_function_curve",
    "describe_hessian_spectrum",
    "describe_learning_rate_curve",
    "describe_loss_curves",
    "describe_network_drawing",
    "describe_predicted_against_true",
    "describe_rate_map",
    "describe_rate_multiples",
    "describe_residual_histogram",
    "describe_score_curves",
    "describe_series_curves",
    "describe_surface_2d",
    "describe_surface_3d",
    "describe_tangent_curve",
    "describe_training_animation",
    "describe_weight_histories",
    "function_curve",
    "hessian_spectrum",
    "house_defaults",
    "learning_rate_curve",
    "loss_curves",
    "network_drawing",
    "predicted_against_true",
    "rate_map",
    "rate_multiples",
    "residual_histogram",
    "score_curves",
    "series_curves",
    "surface_2d",
    "surface_3d",
    "tangent_curve",
    "training_animation",
    "weight_histories",
]
