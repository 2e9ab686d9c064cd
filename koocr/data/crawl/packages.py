"""Getting one package or archive, and one file out of it."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from koocr.data.download.http import Download, Progress, fetch
from koocr.data.download.members import Budget, copy_stream
from koocr.errors import DownloadError

_TIMEOUT = 3600.0
_MAX_FONT_BYTES = 64 << 20
_MAX_ARCHIVE_BYTES = 8 << 30


def download_deb(package: str, version: str, folder: Path, *, suite: str) -> Path:
    """Downloads a Debian package with `apt-get download`, from the suites that this machine knows.

    Returns:
        The `.deb` file, in `folder`.

    Raises:
        DownloadError: no apt-get here, no such version in the machine's suites, or no network.
    """
    command = ["apt-get", "download", "-q", f"{package}={version}"]
    advice = f"are you offline, or does this machine not know the suite {suite}?"
    return _download(command, folder, "*.deb", f"Debian's package {package} {version}", advice)


def download_npm(package: str, version: str, folder: Path) -> Path:
    """Downloads an npm package with `npm pack`.

    Returns:
        The `.tgz` file, in `folder`.

    Raises:
        DownloadError: no npm here, no such version, or no network.
    """
    command = ["npm", "pack", "--silent", "--ignore-scripts", f"{package}@{version}"]
    return _download(command, folder, "*.tgz", f"the npm package {package} {version}", "are you offline?")


def download_url(url: str, folder: Path, *, progress: Progress | None = None) -> Path:
    """Downloads an archive or a font file; an unfinished one in `folder` is completed.

    Raises:
        DownloadError: see `koocr.data.download.http.fetch`.
    """
    name = "".join(char if char.isalnum() or char in ".-_" else "_" for char in url.partition("://")[2])
    return fetch(Download(url, max_bytes=_MAX_ARCHIVE_BYTES), folder / name[-200:], progress=progress)


def extract(package: Path, wanted: Mapping[str, Path]) -> set[str]:
    """Takes single files out of a `.deb`, `.tgz` or `.zip`, each whole or not at all.

    Args:
        package: the package. Anything else is taken to be the one file that is wanted.
        wanted: a file's path inside (for a `.zip`, its end is enough) → where to write it.

    Returns:
        The paths that were found.

    Raises:
        DataError, tarfile.TarError, zipfile.BadZipFile, OSError: the package is damaged.
    """
    if package.suffix == ".zip" or zipfile.is_zipfile(package):
        return _from_zip(package, wanted)
    if package.suffix in (".deb", ".tgz"):
        with _tar_stream(package) as stream, tarfile.open(fileobj=stream, mode="r|*") as archive:
            return _from_tar(archive, wanted)
    if len(wanted) == 1:
        ((name, target),) = wanted.items()
        with package.open("rb") as source:
            copy_stream(source, target, package.stat().st_size, Budget(_MAX_FONT_BYTES, package))
        return {name}
    return set()


def _download(command: list[str], folder: Path, pattern: str, what: str, advice: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.which(command[0]) is None:
        raise DownloadError(f"{what} needs {command[0]}, which is not installed; or give a folder of faces")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            run = subprocess.run(
                command,
                cwd=scratch,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DownloadError(f"{what} did not arrive within an hour; run it again") from error
        files = sorted(Path(scratch).glob(pattern))
        if run.returncode or not files:
            reason = _reason(run.stderr or run.stdout)
            raise DownloadError(f"{what} can't be had here ({reason}); {advice}")
        return files[0].rename(folder / files[0].name)


def _reason(output: str) -> str:
    """The line that says what went wrong: apt-get marks it with E:, npm says it last."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("W:")]
    errors = [line.removeprefix("E: ") for line in lines if line.startswith("E:")]
    return (errors or lines[-1:] or ["no reason given"])[0]


@contextmanager
def _tar_stream(package: Path) -> Iterator[IO[bytes]]:
    if package.suffix != ".deb":
        with package.open("rb") as stream:
            yield stream
        return
    if shutil.which("dpkg-deb") is None:
        raise DownloadError(f"unpacking {package.name} needs dpkg-deb, which is not installed")
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None  # it was asked for
        yield process.stdout
        process.stdout.close()  # a reader that has enough ends the process


def _from_tar(archive: tarfile.TarFile, wanted: Mapping[str, Path]) -> set[str]:
    found = set()
    for info in archive:
        name = info.name.removeprefix("./")
        stream = archive.extractfile(info) if name in wanted and info.isreg() else None
        if stream is not None:
            copy_stream(stream, wanted[name], info.size, Budget(_MAX_FONT_BYTES, Path(str(archive.name))))
            found.add(name)
            if len(found) == len(wanted):
                break
    return found


def _from_zip(package: Path, wanted: Mapping[str, Path]) -> set[str]:
    with zipfile.ZipFile(package) as archive:
        names = {name: _ending(archive.namelist(), name) for name in wanted}
        found = {name: inside for name, inside in names.items() if inside is not None}
        for name, inside in found.items():
            with archive.open(inside) as stream:
                size = archive.getinfo(inside).file_size
                copy_stream(stream, wanted[name], size, Budget(_MAX_FONT_BYTES, package))
    return set(found)


def _ending(names: Iterable[str], wanted: str) -> str | None:
    """The shortest name that ends in the wanted path."""
    return min((name for name in names if f"/{name}".endswith(f"/{wanted}")), key=len, default=None)
