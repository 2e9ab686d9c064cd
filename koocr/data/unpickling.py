"""Reading a pickle of arrays without running anything that it names.

A pickle is a program: `pickle.load` calls whatever it names, and even NumPy's own constructors can be abused
(a forged `dtype` state makes raw bytes be taken for object pointers). So nothing of NumPy is handed to the
pickle here. The handful of names that a pickled array needs resolve to stand-ins that only note their
arguments, and the arrays are built afterwards, by us, from types on a short list. Every other name raises
`DataError`.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from koocr.errors import DataError

_DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|U\d{1,4}|O8?)")
_MAX_DIMENSIONS = 8
_MAX_DEPTH = 4
_ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")  # NumPy 1, NumPy 2
_BUILTINS = ("builtins", "__builtin__")  # Python 3, and what protocols 0 to 2 call it
_NUMERIC_MODULES = ("numpy.core.numeric", "numpy._core.numeric")


def load_pickle(data: bytes) -> object:
    """Reads dicts, lists, tuples, texts, numbers and NumPy arrays (pickled by NumPy 1 or 2) from a pickle.

    Args:
        data: the whole pickle, any protocol.

    Returns:
        The object; arrays have a boolean, integer, float, text or object-of-text type.

    Raises:
        DataError: the pickle names anything else, is damaged, or asks for more memory than its own size
            explains.
    """
    try:
        _check_memo(data)
        return _resolve(_Unpickler(io.BytesIO(data)).load(), {}, depth=0)
    except DataError:
        raise
    except MemoryError as error:
        raise DataError("the pickle asks for more memory than there is; it is damaged or hostile") from error
    except Exception as error:  # a hostile stream may raise anything at all inside the unpickler
        raise DataError(f"the pickle is damaged ({type(error).__name__}: {error})") from error


class _Unpickler(pickle.Unpickler):
    """Resolves the names of a pickled array to stand-ins, made anew for each load, and no other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NAMES:
            return _Call(_NAMES[module, name])
        raise DataError(
            f"the pickle names {module}.{name}; only arrays of numbers and texts are read; nothing was run"
        )


class _Call:
    """Something that a pickle may call, and that it can't alter."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *args: object) -> object:
        return self._function(*args)

    def __setstate__(self, state: object) -> None:
        raise DataError("the pickle tries to alter what it names; nothing was run")


class _DType:
    """What a pickle says of an array's type."""

    __slots__ = ("byteorder", "code")

    def __init__(self, code: object, *_: object) -> None:
        self.code = code
        self.byteorder = "="

    def __setstate__(self, state: tuple[object, ...]) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise DataError("the pickle forges the state of a dtype; nothing was run")
        self.byteorder = str(state[1])

    def build(self) -> np.dtype[Any]:
        if not isinstance(self.code, str) or not _DTYPE.fullmatch(self.code):
            raise DataError(f"an array is of type {self.code!r}; only numbers and texts are read")
        return np.dtype(self.code).newbyteorder(cast(Any, self.byteorder))


class _Array:
    """What a pickle says of an array: its shape, its type, and its bytes or its items."""

    __slots__ = ("data", "dtype", "fortran", "shape")

    def __init__(self) -> None:
        self.shape: object = None
        self.dtype: object = None
        self.data: object = None
        self.fortran = False

    def __setstate__(self, state: tuple[object, ...]) -> None:
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise DataError("the pickle forges the state of an array; nothing was run")
        self.shape, self.dtype, self.fortran, self.data = state[-4], state[-3], bool(state[-2]), state[-1]

    def build(self) -> npt.NDArray[Any]:
        if not isinstance(self.dtype, _DType):
            raise DataError("the pickle holds an array without a type")
        dtype, shape = self.dtype.build(), _shape(self.shape)
        order = "F" if self.fortran else "C"
        if dtype.hasobject:
            return _texts(self.data, shape, fortran=self.fortran)
        data = self.data
        if not isinstance(data, (bytes, bytearray)) or len(data) != dtype.itemsize * _count(shape):
            raise DataError(f"the pickle holds an array whose bytes don't fill its shape {shape}")
        return np.frombuffer(data, dtype).reshape(shape, order=cast(Any, order)).copy(order="K")  # writable


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _from_buffer(data: object, dtype: object, shape: object, order: object = "C", *_: object) -> _Array:
    array = _Array()
    array.shape, array.dtype, array.data, array.fortran = shape, dtype, data, order == "F"
    return array


def _scalar(dtype: object, data: object = b"", *_: object) -> object:
    array = _Array()
    array.shape, array.dtype, array.data = (), dtype, data
    return array.build()[()]


def _encode(text: object, encoding: object = "latin1", *_: object) -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise DataError("the pickle encodes something that is not text; nothing was run")
    return text.encode("latin-1")


def _bytes(*args: object) -> bytes:
    if args and not isinstance(args[0], (bytes, bytearray)):
        if isinstance(args[0], str):
            return _encode(*args)
        raise DataError("the pickle makes bytes from something that is not text; nothing was run")
    return bytes(cast(bytes, args[0])) if args else b""


def _type_only(*_: object) -> object:
    raise DataError("the pickle calls numpy.ndarray itself, which no pickled array does; nothing was run")


_NAMES: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _type_only,  # named as an argument of _reconstruct, never called
    ("_codecs", "encode"): _encode,  # how protocols 0 to 2 write bytes
    **{(module, name): _bytes for module in _BUILTINS for name in ("bytes", "bytearray")},
    **{(module, "_reconstruct"): _reconstruct for module in _ARRAY_MODULES},
    **{(module, "scalar"): _scalar for module in _ARRAY_MODULES},
    **{(module, "_frombuffer"): _from_buffer for module in _NUMERIC_MODULES},
}


def _resolve(value: object, done: dict[int, object], *, depth: int) -> object:
    """Builds the noted arrays inside a value; `done` holds what was built, so sharing costs nothing."""
    if depth > _MAX_DEPTH:
        raise DataError("the pickle is nested too deep to be a patch")
    if id(value) not in done:
        done[id(value)] = _build(value, done, depth)
    return done[id(value)]


def _build(value: object, done: dict[int, object], depth: int) -> object:
    if isinstance(value, _Array):
        return value.build()
    if isinstance(value, dict):
        return {key: _resolve(item, done, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolve(item, done, depth=depth + 1) for item in value]
    if isinstance(value, (_Call, _DType)):
        raise DataError("the pickle holds a function or a type where data is expected; nothing was run")
    return value


def _texts(items: object, shape: tuple[int, ...], *, fortran: bool) -> npt.NDArray[Any]:
    """An object array is read if it holds texts, which is how some writers store labels."""
    if not isinstance(items, list) or len(items) != _count(shape):
        raise DataError(f"the pickle holds an array whose items don't fill its shape {shape}")
    if not all(isinstance(item, str) for item in items):
        raise DataError("the pickle holds an array of objects that are not texts; nothing was run")
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array.reshape(shape, order="F" if fortran else "C")


def _shape(shape: object) -> tuple[int, ...]:
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple) or len(shape) > _MAX_DIMENSIONS:
        raise DataError(f"the pickle holds an array of shape {shape!r}")
    if not all(isinstance(size, int) and size >= 0 for size in shape):
        raise DataError(f"the pickle holds an array of shape {shape!r}")
    return shape


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _check_memo(data: bytes) -> None:
    """Refuses memo numbers beyond the size of the pickle: each would reserve a table of that length."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in ("LONG_BINPUT", "PUT") and isinstance(argument, int) and argument > len(data):
            raise DataError("the pickle reserves a memo far beyond its own size; nothing was run")
