"""The command line as a whole: which command runs, and how it ends."""

import os
import re
import subprocess
import sys
import types
import warnings
from importlib import import_module
from pathlib import Path

import pytest

import koocr
from koocr import cli
from koocr.cli import COMMANDS, TASKS, main
from koocr.errors import ConfigError, DataError, InputError, KoocrError, MissingDependencyError, WeightsError

ROOT = Path(koocr.__file__).parent.parent
DOORS = {"train.py": "train", "evaluate.py": "evaluate", "load_data.py": "load", "crawl_data.py": "crawl"}


@pytest.fixture
def command(monkeypatch):
    """A command `try` whose `run` a test replaces."""
    module = types.ModuleType("koocr.cli.try")
    module.NAME, module.HELP = "try", "tries something"
    module.add_arguments = lambda parser: parser.add_argument("--count", type=int, default=1)
    module.run = lambda args: 0
    monkeypatch.setitem(sys.modules, "koocr.cli.try", module)
    monkeypatch.setattr(cli, "COMMANDS", ("try",))
    return module


def koocr_command(*args, **environment):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-m", "koocr", *args], capture_output=True, env=environment)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_complete(name):
    module = import_module(f"koocr.cli.{name}")
    assert name == module.NAME
    assert all(
        f"{name} {task}" == import_module(f"koocr.cli.{name}_{task}").NAME for task in TASKS.get(name, ())
    )
    assert re.fullmatch(r"\S[^\n]{8,90}[^\s.]", module.HELP), "one line without a full stop"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_text(name, capsys):
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: koocr {name}")
    assert "--help" in out


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_command_with_its_line(argv, capsys):
    assert main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in [*COMMANDS, *(f"{name}_{task}" for name, tasks in TASKS.items() for task in tasks)]:
        module = import_module(f"koocr.cli.{name}")
        pattern = re.compile(rf"  {module.NAME}  +{re.escape(module.HELP)}")
        assert len([line for line in lines if pattern.fullmatch(line)]) == 1


def test_help_of_one_command(command, capsys):
    assert main(["help", "try"]) == 0
    assert "--count" in capsys.readouterr().out


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag, capsys):
    assert main([flag]) == 0
    assert capsys.readouterr().out == f"koocr {koocr.__version__}\n"


def test_the_commands_result_is_the_exit_code(command):
    command.run = lambda args: args.count
    assert main(["try", "--count=5"]) == 5


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["tryy"], "there is no command 'tryy'; did you mean 'try'?"),
        (["zzzzz"], "there is no command 'zzzzz'; the commands are try"),
        (["--verbose"], "there is no option '--verbose'; the commands are try"),
        (["try", "--cuont=1"], "try: there is no option '--cuont'; did you mean '--count'?"),
        (["try", "--zzz"], "try: there is no option '--zzz'; see `koocr try --help`"),
        (["try", "a.png"], "try: there is no place for the argument 'a.png'; see `koocr try --help`"),
        (["try", "--count=many"], "try: argument --count: invalid int value: 'many'; see `koocr try --help`"),
        (["try", "--count"], "try: argument --count: expected one argument; see `koocr try --help`"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(command, argv, message, capsys):
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.err == f"koocr: {message}\n"
    assert captured.out == ""


@pytest.mark.parametrize(
    "error_class", [KoocrError, InputError, ConfigError, WeightsError, MissingDependencyError, DataError]
)
def test_errors_become_one_line_and_their_exit_code(command, error_class, capsys):
    def fail(args):
        raise error_class("'각.png' is empty; pass an image file")

    command.run = fail
    assert main(["try"]) == error_class.exit_code
    assert capsys.readouterr().err == "koocr: '각.png' is empty; pass an image file\n"


def test_system_errors_are_one_line(command, capsys, tmp_path):
    command.run = lambda args: (tmp_path / "none" / "out.json").write_text("")
    assert main(["try"]) == 1
    assert (
        capsys.readouterr().err
        == f"koocr: {str(tmp_path / 'none' / 'out.json')!r}: No such file or directory\n"
    )


def test_bugs_keep_their_traceback(command):
    def fail(args):
        raise ZeroDivisionError

    command.run = fail
    with pytest.raises(ZeroDivisionError):
        main(["try"])


def test_interruption(command, capsys):
    def interrupt(args):
        raise KeyboardInterrupt

    command.run = interrupt
    assert main(["try"]) == 130
    assert capsys.readouterr().err == "koocr: interrupted\n"


def test_interruption_while_an_extension_is_loaded(command, capsys):
    def interrupt(args):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise ImportError("initialization failed") from error

    command.run = interrupt
    assert main([command.NAME]) == 130
    assert capsys.readouterr().err == "koocr: interrupted\n"

    def broken(args):
        raise ImportError("no such module")

    command.run = broken
    with pytest.raises(ImportError, match="no such module"):
        main([command.NAME])


def test_pillows_own_warnings_are_not_shown(command, recwarn):
    def warn(args):
        warnings.warn_explicit(
            "Image size (100 pixels) exceeds limit", UserWarning, "Image.py", 1, module="PIL.Image"
        )
        return 0

    command.run = warn
    assert main(["try"]) == 0
    assert not recwarn.list


def test_a_closed_pipe_is_quiet():
    program = "import sys; from koocr.cli import main; code = main(['--version']); sys.exit(code)"
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as sink:
        run = subprocess.run([sys.executable, "-c", program], stdout=sink, stderr=subprocess.PIPE, cwd=ROOT)
    assert (run.returncode, run.stderr) == (0, b"")


def test_korean_on_a_terminal_that_knows_only_ascii():
    run = koocr_command("각", PYTHONIOENCODING="ascii:strict")
    assert run.returncode == 2
    assert run.stderr.startswith(b"koocr: there is no command '\\uac01'; ")


@pytest.mark.parametrize(("door", "name"), DOORS.items())
def test_doors_lead_to_their_commands(door, name, tmp_path):
    run = subprocess.run(
        [sys.executable, ROOT / door, "--qqqqqqqqqq=1"], capture_output=True, text=True, cwd=tmp_path
    )
    assert run.returncode == 2
    assert run.stderr == f"koocr: {name}: there is no option '--qqqqqqqqqq'; see `koocr {name} --help`\n"


def test_python_dash_m():
    run = koocr_command("--version")
    assert (run.returncode, run.stdout) == (0, f"koocr {koocr.__version__}\n".encode())
