import argparse

import pytest

from koocr.cli.options import (
    Parser,
    add_flag,
    boolean,
    counted,
    did_you_mean,
    fraction,
    non_negative_int,
    number,
    positive_int,
    positive_number,
)
from koocr.errors import ConfigError


@pytest.fixture
def parser():
    parser = Parser(prog="koocr try")
    parser.add_argument("--image_size", type=positive_int)
    parser.add_argument("--top-n", type=positive_int)
    parser.add_argument("--optimizer", choices=["sgd", "adam"])
    parser.add_argument("images", nargs="*")
    add_flag(parser, "--clova", help="use CLOVA's hands")
    add_flag(parser, "--split_components", help="three heads", default=True)
    return parser


@pytest.mark.parametrize(
    ("read", "good"),
    [
        (
            boolean,
            {
                "true": True,
                "TRUE": True,
                "1": True,
                "yes": True,
                "false": False,
                "False": False,
                "off": False,
            },
        ),
        (positive_int, {"1": 1, "96": 96}),
        (non_negative_int, {"0": 0, "7": 7}),
        (number, {"-1.5": -1.5, "0": 0.0}),
        (positive_number, {"3e-5": 3e-5}),
        (fraction, {"0": 0.0, "0.1": 0.1, "1": 1.0}),
    ],
)
def test_good_values(read, good):
    assert {text: read(text) for text in good} == good


@pytest.mark.parametrize(
    ("read", "bad", "wanted"),
    [
        (boolean, ["", "maybe", "2"], "true or false"),
        (positive_int, ["0", "-1", "1.5", "", "x"], "a whole number of at least 1"),
        (non_negative_int, ["-1", "1e3"], "a whole number of at least 0"),
        (number, ["nan", "inf", "x"], "a number"),
        (positive_number, ["0", "-1", "nan", "inf"], "a number above 0"),
        (fraction, ["-0.1", "1.1", "nan"], "a number from 0 to 1"),
    ],
)
def test_bad_values(read, bad, wanted):
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError) as caught:
            read(text)
        assert str(caught.value) == f"takes {wanted}, not {text!r}"


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        ([], False),
        (["--clova"], True),
        (["--clova=true"], True),
        (["--clova=false"], False),
        (["--clova", "no"], False),
    ],
)
def test_flags_take_true_or_false(parser, argv, value):
    assert parser.parse_args(argv).clova is value


def test_a_flag_leaves_the_next_argument_alone(parser):
    args = parser.parse_args(["--split_components", "false", "--clova", "a.png", "b.png"])
    assert (args.clova, args.split_components, args.images) == (True, False, ["a.png", "b.png"])


def test_arguments_are_those_of_the_program_by_default(parser, monkeypatch):
    monkeypatch.setattr("sys.argv", ["koocr", "--image-size=7"])
    assert parser.parse_args().image_size == 7


def test_flags_may_be_on_by_default(parser):
    assert parser.parse_args([]).split_components is True
    assert parser.parse_args(["--split_components=false"]).split_components is False
    assert "three heads (default: true)" in " ".join(parser.format_help().split())


@pytest.mark.parametrize("option", ["--image_size=96", "--image-size=96"])
def test_hyphens_do_as_well_as_underscores(parser, option):
    assert parser.parse_args([option]).image_size == 96
    assert parser.parse_args(option.split("=")).image_size == 96


@pytest.mark.parametrize("option", ["--top-n=5", "--top_n=5"])
def test_underscores_do_as_well_as_hyphens(parser, option):
    assert parser.parse_args([option]).top_n == 5


def test_values_keep_their_spelling(parser):
    assert parser.parse_args(["my-image_1.png", "--", "--odd-name.png"]).images == [
        "my-image_1.png",
        "--odd-name.png",
    ]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--image_size=0"], "argument --image_size: takes a whole number of at least 1, not '0'"),
        (["--clova=perhaps"], "argument --clova: takes true or false, not 'perhaps'"),
        (["--images_ize=9"], "there is no option '--images_ize'; did you mean '--image_size'?"),
        (["--image"], "there is no option '--image'; did you mean '--image_size'?"),
        (["-q"], "there is no option '-q'; see `koocr try --help`"),
    ],
)
def test_mistakes_are_config_errors(parser, argv, message):
    with pytest.raises(ConfigError) as caught:
        parser.parse_args(argv)
    assert str(caught.value).startswith(f"try: {message}")


@pytest.mark.parametrize("name", ["-dash.png", "--dash.png", "-n=가.png", "-n5"])
def test_a_file_whose_name_looks_like_an_option(parser, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "--image_size=96").touch()  # but options stay options
    assert parser.parse_args(["--image_size=96", "--", name]).images == [name]
    (tmp_path / name).touch()
    message = f"try: {name!r} looks like an option; to name the file, write './{name}'"
    with pytest.raises(ConfigError) as caught:
        parser.parse_args(["a.png", name])
    assert str(caught.value) == message
    assert parser.parse_args([f"./{name}", "--", name]).images == [f"./{name}", name]


def test_a_wrong_choice_lists_the_choices(parser):
    with pytest.raises(
        ConfigError, match=r"--optimizer: invalid choice: 'rmsprop' \(choose from '?sgd'?, '?adam'?\)"
    ):
        parser.parse_args(["--optimizer=rmsprop"])


def test_did_you_mean():
    assert did_you_mean("trian", ["train", "evaluate"]) == "did you mean 'train'?"
    assert did_you_mean("xyz", ["train", "evaluate"]) == ""


def test_a_number_has_its_noun():
    assert [counted(number, "face") for number in (0, 1, 2)] == ["0 faces", "1 face", "2 faces"]
    assert [counted(number, "patch", "patches") for number in (1, 1200)] == ["1 patch", "1,200 patches"]
