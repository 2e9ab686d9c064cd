"""Restricted unpickling: real arrays come back, real exploits run nothing."""

from __future__ import annotations

import base64
import builtins
import functools
import os
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koocr.data.unpickling import load_pickle
from koocr.errors import DataError

# {"image": arange(12) as uint8 (2, 2, 3), "label": array(["가", "ㄳ"])}: NumPy 1.26.4, protocols 2, 4
NUMPY_1 = [
    "gAJ9cQAoWAUAAABpbWFnZXEBY251bXB5LmNvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQJjbnVtcHkKbmRhcnJheQpxA0sA"
    "hXEEY19jb2RlY3MKZW5jb2RlCnEFWAEAAABicQZYBgAAAGxhdGluMXEHhnEIUnEJh3EKUnELKEsBSwJLAksDh3EMY251bXB5CmR0"
    "eXBlCnENWAIAAAB1MXEOiYiHcQ9ScRAoSwNYAQAAAHxxEU5OTkr/////Sv////9LAHRxEmKJaAVYDAAAAAABAgMEBQYHCAkKC3ET"
    "aAeGcRRScRV0cRZiWAUAAABsYWJlbHEXaAJoA0sAhXEYaAmHcRlScRooSwFLAoVxG2gNWAIAAABVMXEciYiHcR1ScR4oSwNYAQAA"
    "ADxxH05OTksESwRLCHRxIGKJaAVYCQAAAADCrAAAMzEAAHEhaAeGcSJScSN0cSRidS4=",
    "gASV8AAAAAAAAAB9lCiMBWltYWdllIwVbnVtcHkuY29yZS5tdWx0aWFycmF5lIwMX3JlY29uc3RydWN0lJOUjAVudW1weZSMB25k"
    "YXJyYXmUk5RLAIWUQwFilIeUUpQoSwFLAksCSwOHlGgFjAVkdHlwZZSTlIwCdTGUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9L"
    "AHSUYolDDAABAgMEBQYHCAkKC5R0lGKMBWxhYmVslGgEaAdLAIWUaAmHlFKUKEsBSwKFlGgOjAJVMZSJiIeUUpQoSwOMATyUTk5O"
    "SwRLBEsIdJRiiUMIAKwAADMxAACUdJRidS4=",
]


@pytest.mark.parametrize("encoded", NUMPY_1)
def test_pickles_of_numpy_1_are_read(encoded: str) -> None:
    content: Any = load_pickle(base64.b64decode(encoded))
    np.testing.assert_array_equal(content["image"], np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    assert content["image"].dtype == np.uint8
    assert content["label"].tolist() == ["가", "ㄳ"]


ARRAYS: list[np.ndarray[Any, Any]] = [
    np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    np.asfortranarray(np.arange(24, dtype=np.float32).reshape(4, 6)),
    np.arange(5, dtype=">i4"),
    np.arange(5, dtype=np.int64)[::2],
    np.array([True, False]),
    np.array(["가", "나다"], dtype=">U2"),
    np.array(["가", "나다"], dtype=object),
    np.zeros((0, 3), dtype=np.float64),
    np.array(3.5),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.dtype))
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_come_back_from_every_protocol(array: np.ndarray[Any, Any], protocol: int) -> None:
    content: Any = load_pickle(pickle.dumps({"array": array}, protocol=protocol))
    np.testing.assert_array_equal(content["array"], array)
    assert content["array"].dtype == array.dtype
    assert content["array"].shape == array.shape
    assert content["array"].flags.writeable


def test_plain_values_and_scalars_come_back() -> None:
    value = {
        "a": [1, 2.5, "가", None, True, b"raw"],
        "b": {"c": (1, 2)},
        "n": np.float32(1.5),
        "s": np.str_("각"),
    }
    content: Any = load_pickle(pickle.dumps(value))
    assert content == {"a": [1, 2.5, "가", None, True, b"raw"], "b": {"c": [1, 2]}, "n": 1.5, "s": "각"}


class Call:
    """Pickles as a call of `function` with `args`: the classic exploit."""

    def __init__(self, function: Callable[..., Any], *args: Any, state: Any = None) -> None:
        self.reduced = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> Any:
        return self.reduced


def exploits(proof: Path) -> dict[str, bytes]:
    """Payloads; each would leave the file `proof` behind, or call what it has no business to call."""
    touch = f"touch {proof}"
    code = f"open({str(proof)!r}, 'w').close()"
    calls: dict[str, Any] = {
        "os.system": Call(os.system, touch),
        "builtins.eval": Call(eval, code),
        "builtins.exec": Call(exec, code),
        "builtins.open": Call(open, str(proof), "w"),
        "builtins.getattr": Call(getattr, Path, "touch"),
        "builtins.__import__": Call(builtins.__import__, "os"),
        "subprocess.call": Call(subprocess.call, ["touch", str(proof)]),
        "subprocess.Popen": Call(subprocess.Popen, ["touch", str(proof)]),
        "functools.partial": Call(functools.partial, os.system, touch),
        "numpy.load": Call(np.load, str(proof)),
        "numpy.fromfile": Call(np.fromfile, str(proof)),
        "numpy.save": Call(np.save, str(proof), np.zeros(1)),
        "numpy.memmap": Call(np.memmap, str(proof), "u1", "w+", 0, (1,)),
        "numpy.vectorize": Call(np.vectorize, os.system),
        "numpy.ndarray": Call(np.ndarray, (4,), np.dtype("u1")),
        "pickle.loads": Call(pickle.loads, pickle.dumps(Call(os.system, touch))),
        "pathlib": Call(Path.touch, proof),
        "a path": proof,
        "a class": int,
    }
    payloads = {
        f"{name} {p}": pickle.dumps({"image": call}, protocol=p)
        for name, call in calls.items()
        for p in (2, 4)
    }
    payloads["posix.system, text"] = f"cposix\nsystem\n(S'{touch}'\ntR.".encode()
    payloads["runpy"] = f"crunpy\n_run_code\n(S{code!r}\n(dtR.".encode()
    payloads["INST"] = f"(S'{touch}'\nios\nsystem\n.".encode()
    payloads["OBJ"] = f"(cos\nsystem\nS'{touch}'\no.".encode()
    payloads["NEWOBJ"] = f"cos\nsystem\n(S'{touch}'\nt\x81.".encode("latin-1")
    payloads["dotted name"] = b"\x80\x04\x8c\x05numpy\x8c\x12ndarray.__reduce__\x93."
    payloads["dotted through numpy"] = b"\x80\x04\x8c\x05numpy\x8c\x0emultiarray.sys\x93."
    payloads["persistent id"] = b"Pos.system\n."
    payloads["extension registry"] = b"\x80\x02\x82\x01."
    return payloads


def test_no_exploit_runs(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    for name, payload in exploits(proof).items():
        with pytest.raises(DataError):
            load_pickle(payload)
        assert not proof.exists(), name


def test_the_exploits_are_real(tmp_path: Path) -> None:
    """With plain pickle the same payloads do run, so the test above can fail."""
    for name in ("os.system 2", "builtins.exec 4", "posix.system, text", "OBJ", "pickle.loads 4"):
        proof = tmp_path / "proof"
        pickle.loads(exploits(proof)[name])
        assert proof.exists(), name
        proof.unlink()


def test_the_message_names_what_the_pickle_named() -> None:
    with pytest.raises(DataError, match=r"names posix\.system.*nothing was run"):
        load_pickle(pickle.dumps(Call(os.system, "true")))


def forged(text: str) -> bytes:
    """A pickle in the text protocol that may name what a pickled array names."""
    return text.replace("RECONSTRUCT", "cnumpy.core.multiarray\n_reconstruct\n").encode("latin-1")


FORGED = {
    "object pointers in bytes": "RECONSTRUCT(tR(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\ntRI00\nS'AAAAAAAA'\ntb.",
    "forged dtype state": "cnumpy\ndtype\n(S'O8'\ntR(I3\nS'x'\nNNNI-1\nI-1\nI0\ntb.",
    "dtype from fields": "RECONSTRUCT(tR(I1\n(I1\ntcnumpy\ndtype\n((lp0\ntRI00\nS''\ntb.",
    "wrong number of bytes": "RECONSTRUCT(tR(I1\n(I9\ntcnumpy\ndtype\n(S'u1'\ntRI00\nS'AAAA'\ntb.",
    "negative shape": "RECONSTRUCT(tR(I1\n(I-1\ntcnumpy\ndtype\n(S'u1'\ntRI00\nS''\ntb.",
    "huge shape": "RECONSTRUCT(tR(I1\n(I999999999999\ntcnumpy\ndtype\n(S'u1'\ntRI00\nS'A'\ntb.",
    "no dtype": "RECONSTRUCT(tR(I1\n(I1\ntNI00\nS'A'\ntb.",
    "altering a name": "RECONSTRUCT(dS'x'\nI1\nsb.",
    "a dtype as data": "cnumpy\ndtype\n(S'u1'\ntR.",
    "a name as data": "RECONSTRUCT.",
    "bytes of a number": "cbuiltins\nbytes\n(I999999999999\ntR.",
    "a huge memo": "I1\np2000000000\n.",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED.keys())
def test_forged_arrays_are_refused(text: str) -> None:
    with pytest.raises(DataError):
        load_pickle(forged(text))


def test_one_pickle_cannot_change_what_the_next_one_gets() -> None:
    with pytest.raises(DataError, match="alter"):
        load_pickle(forged("RECONSTRUCT(NS'x'\ntb."))
    content: Any = load_pickle(pickle.dumps(ARRAYS[0]))
    np.testing.assert_array_equal(content, ARRAYS[0])


def test_an_array_of_other_objects_is_refused() -> None:
    with pytest.raises(DataError, match="not texts"):
        load_pickle(pickle.dumps(np.array([{}, 1], dtype=object)))
    for array in (np.zeros(2, "M8[s]"), np.zeros(2, [("a", "i4")]), np.zeros(2, "c16"), np.zeros(2, "V4")):
        with pytest.raises(DataError):
            load_pickle(pickle.dumps(array))


def test_shared_lists_do_not_blow_up() -> None:
    shared: list[Any] = ["가"]
    for _ in range(3):
        shared = [shared] * 2000
    content: Any = load_pickle(pickle.dumps(shared))
    assert content[0] is content[1999]


def test_deep_and_endless_nesting_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(DataError, match="nested"):
        load_pickle(pickle.dumps(endless))
