"""The optimizers that training offers, by name.

AdaBound and Muon are written here, on Keras 3's `Optimizer`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from koocr.errors import ConfigError

NO_WEIGHT_DECAY = ("bias", "gamma", "beta", "pool_weight")
"""Parts of names of variables that weight decay leaves alone: offsets, normalisation, pooling weights."""


def make_optimizer(
    name: str,
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule,
    *,
    weight_decay: float = 0.0,
    clipnorm: float | None = None,
    **options: Any,
) -> keras.optimizers.Optimizer:
    """Makes an optimizer.

    Args:
        name: one of `OPTIMIZERS`: sgd (Nesterov momentum 0.9), adam, adamw, adabound, muon.
        learning_rate: a positive number, or a schedule.
        weight_decay: decoupled (each step takes `learning_rate * weight_decay` of a weight away), except from
            variables of `NO_WEIGHT_DECAY`.
        clipnorm: largest norm of the gradient of all variables together; None: no limit.
        options: passed on to the class, e.g. `beta_2`, `amsbound`, `exclude`.

    Raises:
        ConfigError: an unknown name or option, or a learning rate or weight decay that is not a number above
            0.
    """
    if name not in OPTIMIZERS:
        raise ConfigError(f"optimizer is {name!r}{_suggestion(name)}; allowed: {', '.join(OPTIMIZERS)}")
    _check_rate("learning_rate", learning_rate, zero=False)
    _check_rate("weight_decay", weight_decay, zero=True)
    try:
        optimizer = OPTIMIZERS[name](
            learning_rate=learning_rate, weight_decay=float(weight_decay), global_clipnorm=clipnorm, **options
        )
    except (TypeError, ValueError) as error:
        raise ConfigError(f"optimizer {name} does not take these options: {error}") from error
    optimizer.exclude_from_weight_decay(var_names=list(NO_WEIGHT_DECAY))
    return optimizer


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(str(name).lower(), OPTIMIZERS, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _check_rate(name: str, value: object, *, zero: bool) -> None:
    if isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        return
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value < 0 or (value == 0 and not zero):  # type: ignore[operator]
        raise ConfigError(f"{name} is {value!r}; give a number {'from 0' if zero else 'above 0'}")


@keras.saving.register_keras_serializable(package="koocr")
class AdaBound(keras.optimizers.Optimizer):
    """Adam whose step sizes are clipped into a band that narrows to those of SGD.

    Luo, Xiong, Liu, Sun, "Adaptive gradient methods with dynamic bound of learning rate" (ICLR 2019,
    algorithms 2 and 3), with Adam's bias correction, as in the authors' code. After t steps a weight's step
    size lies between final · (1 − 1 / (γt + 1)) and final · (1 + 1 / γt), final = `final_ratio` · learning
    rate.

    Args:
        learning_rate: of the Adam-like start.
        beta_1: decay of the mean of the gradients.
        beta_2: decay of the mean of their squares.
        final_ratio: learning rate of the SGD-like end over `learning_rate` (the paper: 0.1 / 0.001); so a
            schedule scales both, as in the authors' code.
        gamma: how fast the band narrows.
        epsilon: added to the root of the mean square.
        amsbound: use the largest mean square so far (AMSBound).
        name: of the optimizer.
        kwargs: of `keras.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        final_ratio: float = 100.0,
        gamma: float = 0.001,
        epsilon: float = 1e-8,
        amsbound: bool = False,
        name: str = "adabound",
        **kwargs: Any,
    ) -> None:
        """Sets what the class names."""
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.final_ratio = final_ratio
        self.gamma = gamma
        self.epsilon = epsilon
        self.amsbound = amsbound

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Makes the state of every variable."""
        if self.built:
            return
        super().build(variables)
        self._means, self._squares = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        if self.amsbound:
            self._largest = self.add_optimizer_variables(variables, "velocity_hat")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Moves one variable."""
        dtype = variable.dtype
        gradient, rate = ops.cast(gradient, dtype), ops.cast(learning_rate, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        index = self._get_variable_index(variable)
        mean, square = self._means[index], self._squares[index]
        self.assign_add(mean, (gradient - mean) * (1 - self.beta_1))
        self.assign_add(square, (ops.square(gradient) - square) * (1 - self.beta_2))
        if self.amsbound:
            self.assign(self._largest[index], ops.maximum(self._largest[index], square))
            square = self._largest[index]
        final = rate * self.final_ratio
        low = final * (1 - 1 / (self.gamma * step + 1))
        high = final * (1 + 1 / (self.gamma * step))
        size = rate * _bias_correction(self.beta_1, self.beta_2, step) / (ops.sqrt(square) + self.epsilon)
        self.assign_sub(variable, ops.minimum(ops.maximum(size, low), high) * mean)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        names = ("beta_1", "beta_2", "final_ratio", "gamma", "epsilon", "amsbound")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="koocr")
class Muon(keras.optimizers.Optimizer):
    """Momentum with orthogonal updates for convolution kernels, AdamW for everything else.

    Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024), with the update scaled to
    the size of AdamW's (Liu et al., "Muon is scalable for LLM training", 2025, arXiv 2502.16982), so that
    both parts share learning rate and weight decay. A convolution's kernel (h, w, in, out) is taken as the
    matrix (h·w·in, out). Keras's own Muon gives 4-D variables to AdamW, that is all of a CNN's trunk.

    AdamW takes: biases, normalisation and pooling weights, depthwise kernels, 2-D kernels unless `dense` is
    set, and all that `exclude` names.

    Args:
        learning_rate: of both parts.
        momentum: of the orthogonal part.
        nesterov: look one step ahead in it.
        newton_schulz_steps: iterations that make the update orthogonal.
        rms: root mean square of the update's entries per learning rate (AdamW's is about 0.2).
        dense: treat 2-D kernels alike; then `exclude` should name the output layers.
        exclude: regular expressions, searched in a variable's path, of kernels to leave to AdamW.
        beta_1: AdamW's decay of the mean of the gradients.
        beta_2: AdamW's decay of the mean of their squares.
        epsilon: AdamW's.
        name: of the optimizer.
        kwargs: of `keras.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        momentum: float = 0.95,
        nesterov: bool = True,
        newton_schulz_steps: int = 5,
        rms: float = 0.2,
        dense: bool = False,
        exclude: Sequence[str] = (),
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        name: str = "muon",
        **kwargs: Any,
    ) -> None:
        """Sets what the class names."""
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = momentum
        self.nesterov = nesterov
        self.newton_schulz_steps = newton_schulz_steps
        self.rms = rms
        self.dense = dense
        self.exclude = list(exclude)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def is_orthogonal(self, variable: keras.Variable) -> bool:
        """True if the variable gets the orthogonal update, False if AdamW's."""
        if any(re.search(pattern, variable.path) for pattern in self.exclude):
            return False
        rank = len(variable.shape)
        is_matrix = rank == 4 or (rank == 2 and self.dense)
        return is_matrix and variable.shape[-1] > 1 and math.prod(variable.shape[:-1]) > 1

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Makes the state of every variable; only AdamW's part keeps mean squares."""
        if self.built:
            return
        super().build(variables)
        self._means = self.add_optimizer_variables(variables, "momentum")
        self._squares = [
            None
            if self.is_orthogonal(variable)
            else self.add_variable_from_reference(variable, name="velocity")
            for variable in variables
        ]

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Moves one variable."""
        gradient = ops.cast(gradient, variable.dtype)
        rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        mean, square = self._means[index], self._squares[index]
        if square is None:
            self._orthogonal_step(gradient, variable, rate, mean)
        else:
            self._adam_step(gradient, variable, rate, mean, square)

    def _orthogonal_step(self, gradient: Any, variable: keras.Variable, rate: Any, mean: Any) -> None:
        self.assign(mean, mean * self.momentum + gradient)
        ahead = gradient + self.momentum * mean if self.nesterov else mean
        rows, columns = math.prod(variable.shape[:-1]), variable.shape[-1]
        update = orthogonalised(ops.reshape(ahead, (rows, columns)), steps=self.newton_schulz_steps)
        scale = self.rms * math.sqrt(max(rows, columns))
        self.assign_sub(variable, rate * scale * ops.reshape(update, variable.shape))

    def _adam_step(self, gradient: Any, variable: keras.Variable, rate: Any, mean: Any, square: Any) -> None:
        step = ops.cast(self.iterations + 1, variable.dtype)
        self.assign_add(mean, (gradient - mean) * (1 - self.beta_1))
        self.assign_add(square, (ops.square(gradient) - square) * (1 - self.beta_2))
        size = rate * _bias_correction(self.beta_1, self.beta_2, step)
        self.assign_sub(variable, size * mean / (ops.sqrt(square) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        names = ("momentum", "nesterov", "newton_schulz_steps", "rms", "dense", "exclude", "beta_1", "beta_2")
        own = {name: getattr(self, name) for name in (*names, "epsilon")}
        return {**super().get_config(), **own}


def orthogonalised(matrix: Any, *, steps: int = 5) -> Any:
    """Nearly the closest orthogonal matrix: the singular vectors stay, the singular values go to about 1.

    The quintic Newton–Schulz iteration of Jordan et al. (2024); its coefficients pull small singular values
    up fast and leave them between 0.7 and 1.2.

    Args:
        matrix: (R, C), any scale.
        steps: iterations.

    Returns:
        (R, C).
    """
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if is_tall else matrix  # the products below are of the short side
    x = x / (ops.sqrt(ops.sum(ops.square(x))) + 1e-7)
    for _ in range(steps):
        square = ops.matmul(x, ops.transpose(x))
        x = 3.4445 * x + ops.matmul(-4.7750 * square + 2.0315 * ops.matmul(square, square), x)
    return ops.transpose(x) if is_tall else x


def _bias_correction(beta_1: float, beta_2: float, step: Any) -> Any:
    return ops.sqrt(1 - ops.power(beta_2, step)) / (1 - ops.power(beta_1, step))


def _nesterov(**options: Any) -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(**{"momentum": 0.9, "nesterov": True, **options})


OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "sgd": _nesterov,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "adabound": AdaBound,
    "muon": Muon,
}
