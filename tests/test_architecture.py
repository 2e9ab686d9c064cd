"""The rules that keep the code readable: imports point down, heavy packages stay home, files stay short."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import koocr

ROOT = Path(koocr.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
MAX_LINES = 400

LAYERS = (  # from the bottom up; a module imports from its own layer and those before it
    ("hangul", "errors"),
    (
        "bend",
        "document",
        "layout",
        "polygon",
        "image",
        "charset",
        "ink",
        "ink_box",
        "engine",
        "onnx_properties",
        "weights",
        "fonts",
    ),
    ("data", "training", "evaluation"),
    ("character", "line", "detection"),
    ("page",),
    ("serve", "bulk"),
    ("cli", "__main__"),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
TASKS = ("character", "line", "detection")  # never import one another

HOMES = {  # the only places that may import a package, even inside a function
    "faker": ("data/",),
    "fontTools": ("data/", "fonts/build.py"),
    "gdown": ("data/",),
    "h5py": ("training/",),
    "jax": (),
    "keras": ("character/", "line/", "detection/", "training/", "engine.py"),
    "matplotlib": ("evaluation/", "cli/evaluate.py", "cli/evaluate_line.py", "cli/compare.py"),
    "onnx": ("training/onnx_export.py",),
    "pillow_heif": ("image.py",),
    "pypdfium2": ("page/",),
    "onnxruntime": (
        "engine.py",
        "training/onnx_export.py",
        "evaluation/paddle.py",
        "evaluation/paddle_detector.py",
    ),
    "py7zr": ("data/",),
    "rapidocr": ("evaluation/rapidocr_worker.py",),
    "sklearn": ("evaluation/",),
    "tensorboardX": ("training/logs.py",),
    "tensorflow": ("training/",),
    "tesserocr": ("evaluation/",),
    "tf2onnx": ("training/onnx_export.py",),
    "torch": (),
    "tqdm": ("training/", "data/", "cli/"),
    "wandb": ("training/logs.py",),
}
CORE = {"numpy", "PIL", "cv2"}  # what every reader has
HEAVY = {*HOMES, *CORE}
SLOW = HEAVY - CORE - {"onnxruntime"}  # what reading never needs


def place(path):
    return path.relative_to(ROOT).as_posix()


def top(path):
    """The part of koocr that a file belongs to: `data` for data/faces.py, `image` for image.py."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """Every module that a file imports, at its top or inside a function, with the line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path)}:{node.lineno}: import by the full name"
            if node.module == "koocr":
                yield from ((f"koocr.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


INSIDE = [
    path for path in MODULES if place(path) != "__init__.py"
]  # the facade, koocr itself, names them all


@pytest.mark.parametrize("path", INSIDE, ids=place)
def test_imports_point_down(path):
    own = top(path)
    assert own in LEVELS, f"{own} has no place in LAYERS; give it one"
    for name, line in imports(path):
        package, _, rest = name.partition(".")
        if package != "koocr":
            continue
        other = rest.partition(".")[0]
        if not other:
            assert own in ("cli", "__main__"), f"{place(path)}:{line} imports the facade; name the module"
            continue
        assert other in LEVELS, f"{place(path)}:{line} imports {name}, which has no place in LAYERS"
        assert LEVELS[other] <= LEVELS[own], f"{place(path)}:{line} imports {name}, which lies above {own}"
        assert not (other in TASKS and own in TASKS and other != own), (
            f"{place(path)}:{line}: {own} imports {other}"
        )


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_packages_stay_at_home(path):
    for name, line in imports(path):
        package = name.partition(".")[0]
        if package in sys.stdlib_module_names or package in CORE or package == "koocr":
            continue
        where = f"{place(path)}:{line} imports {name}"
        assert package in HOMES, f"{where}, which is no dependency; see HOMES"
        assert place(path).startswith(HOMES[package]), f"{where}, whose home is {HOMES[package] or 'nowhere'}"


def loaded_by(statement):
    """The modules that a fresh interpreter has loaded after a statement."""
    program = f"import sys\n{statement}\nprint('\\n' + '\\n'.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    return set(run.stdout.split("\n"))


@pytest.mark.parametrize(
    "statement",
    [
        "import koocr",
        "import koocr.cli",
        "import koocr; koocr.Candidate, koocr.InputError",
        "import koocr.hangul, koocr.errors, koocr.document",
        "from koocr.cli import main; main(['--help'])",
        "from koocr.cli import main; main(['--version'])",
    ],
)
def test_nothing_heavy_is_loaded_by(statement):
    assert not loaded_by(statement) & HEAVY


def test_reading_loads_little():
    modules = loaded_by("import koocr; koocr.KoOCR")
    assert not modules & SLOW
    own = {name for name in modules if name.split(".")[0] == "koocr"}
    assert len(own) <= 20, sorted(own)


def test_reading_lines_loads_little():
    modules = loaded_by("import koocr; koocr.LineReader")
    assert not modules & SLOW
    own = {name for name in modules if name.split(".")[0] == "koocr"}
    assert len(own) <= 28, sorted(own)


def test_reading_pages_loads_little():
    modules = loaded_by("import koocr; koocr.PageReader, koocr.read")
    assert not modules & SLOW
    own = {name for name in modules if name.split(".")[0] == "koocr"}
    assert len(own) <= 60, sorted(own)


def test_processes_that_draw_lines_load_no_backend():
    assert not loaded_by("import koocr.line.drawn, koocr.training.workers") & {"keras", "tensorflow", "onnx"}


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_all_names_what_is_there(path):
    (declared,) = [
        ast.literal_eval(node.value)
        for node in tree(path).body
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]
    ] or [[]]
    assert len(set(declared)) == len(declared)
    if place(path) == "__init__.py":
        assert all(hasattr(koocr, name) for name in declared)
    else:
        assert set(declared) <= set(names_bound(tree(path)))


def names_bound(module):
    """The names that the top level of a module binds."""
    for node in module.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (name for target in targets for name in ast.walk(target))
            yield from (name.id for name in names if isinstance(name, ast.Name))


@pytest.mark.parametrize("name", koocr.__all__)
def test_lazy_names_are_what_their_modules_define(name):
    value = getattr(koocr, name)
    assert name == "__version__" or value.__module__.startswith("koocr.")
    assert name in dir(koocr)


def test_every_error_is_exported():
    from koocr import errors

    assert {name for name in errors.__all__ if name.endswith("Error")} <= set(koocr.__all__)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="module 'koocr' has no attribute 'predikt'"):
        koocr.predikt  # noqa: B018


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_files_are_short_and_named_for_what_they_hold(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    assert not {"utils", "util", "helpers", "helper", "misc", "common", "manager"} & set(
        path.relative_to(ROOT).with_suffix("").parts
    )


def test_every_module_says_what_it_is_for():
    assert not [place(path) for path in MODULES if path.stat().st_size and not ast.get_docstring(tree(path))]


@pytest.mark.parametrize("door", ["train.py", "evaluate.py", "load_data.py", "crawl_data.py"])
def test_doors_are_thin(door):
    assert len((ROOT.parent / door).read_text(encoding="utf-8").splitlines()) <= 15
