import pickle

import pytest

import koocr.errors
from koocr.errors import DataError, KoocrError, WeightsError, WeightsMissingError, missing_dependency

CLASSES = [
    value
    for value in vars(koocr.errors).values()
    if isinstance(value, type) and issubclass(value, KoocrError)
]


@pytest.mark.parametrize("error_class", CLASSES)
def test_every_error_has_an_exit_code_and_a_status(error_class):
    assert 1 <= error_class.exit_code <= 7
    assert 400 <= error_class.http_status <= 599


@pytest.mark.parametrize("error_class", CLASSES)
def test_every_error_crosses_process_borders(error_class):
    copy = pickle.loads(pickle.dumps(error_class("too bad")))
    assert type(copy) is error_class
    assert str(copy) == "too bad"


def test_kinds_of_failure_are_told_apart_by_exit_code():
    direct = [error_class for error_class in CLASSES if KoocrError in error_class.__bases__]
    codes = [error_class.exit_code for error_class in direct]
    assert sorted(set(codes)) == [2, 3, 4, 5, 6, 7]
    assert codes.count(2) == 3  # input, charset, config: what argparse and shells use for wrong usage
    assert WeightsMissingError.exit_code == WeightsError.exit_code == 3


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "no label"),
        ({"file": "a.json"}, "a.json: no label"),
        ({"file": "a.json", "line": 3}, "a.json:3: no label"),
        ({"line": 3}, "no label"),
    ],
)
def test_data_error_names_its_place(place, text):
    error = DataError("no label", **place)
    copy = pickle.loads(pickle.dumps(error))
    for one in (error, copy):
        assert str(one) == text
        assert (one.file, one.line) == (place.get("file"), place.get("line"))


def test_missing_dependency_names_the_command():
    assert (
        str(missing_dependency("keras", "train")) == "keras is not installed; run: pip install 'koocr[train]'"
    )
