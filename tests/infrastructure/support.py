"""Shared by the tests of infra/terraform: programs and how they are run, so that nothing leaves this machine."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TERRAFORM_TREE = ROOT / "infra" / "terraform"
MODULES = sorted(path.parent for path in (TERRAFORM_TREE / "modules").rglob("versions.tf") if ".terraform" not in path.parts)
ACCOUNT = "123456789012"


class Failed(AssertionError):
    """A program that failed; its last lines are the message."""


def missing(what, hint):
    """Fails the test for a missing tool and explains how to get it: a skipped check is no check."""
    raise Failed(f"{what} is not there. {hint}")


def terraform_program():
    return shutil.which("terraform") or missing("terraform", "Install Terraform 1.11 or newer (mise install), and put it on PATH.")


def terragrunt_program():
    given = os.environ.get("COCKPIT_TERRAGRUNT") or shutil.which("terragrunt")
    return given or missing("terragrunt", "./dev builds it where Go is installed: https://go.dev/doc/install, or Debian's golang.")


def cockpit_program():
    given = os.environ.get("COCKPIT_BIN", "")
    ready = os.environ.get("COCKPIT_READY")
    # `./dev test` builds it meanwhile, and signals when it is done.
    end = time.monotonic() + 45 * 60
    while ready and not os.path.exists(ready) and time.monotonic() < end:
        time.sleep(0.5)
    if not pathlib.Path(given).is_file():
        missing("the cockpit", "Set COCKPIT_BIN to it; `./dev test-infra` builds it and does.")
    return given


def toolchain():
    """The folders of cargo and rustup, for use with another home folder."""
    homes = {"CARGO_HOME": ".cargo", "RUSTUP_HOME": ".rustup"}
    return {name: os.environ.get(name, pathlib.Path.home() / folder) for name, folder in homes.items()}


def plugin_directories():
    """The folder of an unpacked AWS provider, if there is one: TF_PLUGIN_DIR, or a folder in the root directory."""
    if os.environ.get("TF_PLUGIN_DIR"):
        return [os.environ["TF_PLUGIN_DIR"]]
    return sorted(str(path.parent) for pattern in ("*", "*/*") for path in pathlib.Path("/").glob(f"{pattern}/registry.terraform.io") if path.is_dir())


def platform():
    machine = os.uname().machine
    return f"{os.uname().sysname.lower()}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def provider_program(places):
    """The AWS provider named by the lock files, if it is unpacked in one of those folders."""
    version = re.search(r'^ +version += "([0-9.]+)"', (TERRAFORM_TREE / "pantri/.terraform.lock.hcl").read_text(), re.M)[1]
    wanted = f"registry.terraform.io/hashicorp/aws/{version}/{platform()}/terraform-provider-aws_v*"
    return next((path for place in places for path in sorted(pathlib.Path(place).glob(wanted))), None)


class Shell:
    """Runs programs with a separate environment: dummy keys, one endpoint, no other connection."""

    def __init__(self, folder, endpoint, proxy):
        self.folder = folder
        self.endpoint = endpoint
        configuration = folder / "terraform.rc"
        # Without a network, providers come from a folder; otherwise Terraform downloads them, once, into a cache.
        lines = ["disable_checkpoint = true"]
        mirrors = plugin_directories()
        if mirrors:
            sources = [f'  filesystem_mirror {{ path = "{mirror}" }}' for mirror in mirrors]
        else:
            cache = pathlib.Path(os.environ.get("COCKPIT_CACHE", folder)) / "terraform-plugins"
            cache.mkdir(parents=True, exist_ok=True)
            lines.append(f'plugin_cache_dir = "{cache}"')
            sources = ["  direct {}"]
            proxy = None  # the registry must be reachable
        self.provider = provider_program(mirrors or [cache])
        self.lent, self.lending = None, threading.Lock()
        # `init` verifies the provider against the lock file. Every later command would do so again, and hashing 700 MB
        # takes as long as the rest of a plan: those use the provider without verification.
        overrides = [f'  dev_overrides {{ "hashicorp/aws" = "{self.provider.parent}" }}'] if self.provider else []
        lines += ["provider_installation {", *overrides, *sources, "}"]
        configuration.write_text("\n".join(lines) + "\n")
        kept = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "CARGO_TARGET_DIR")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= {
            "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": endpoint,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "CHECKPOINT_DISABLE": "1",
            # The provider is started for every walk of every plan; a higher GC threshold saves
            # a third of the processor time, for half a gigabyte of memory.
            "GOGC": "400",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TG_NO_COLOR": "true",
            "TG_NON_INTERACTIVE": "true",
            "TG_NO_AUTO_RETRY": "true",
            "TG_TF_PATH": shutil.which("terraform") or "terraform",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if proxy:
            self.environment |= {name: proxy for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")}

    def run(self, *command, cwd=None, codes=(0,), seconds=2400, **more):
        """Runs to the end; any other exit code is a failure that shows the end of the output."""
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd or self.folder,
            env=self.environment | {name: str(value) for name, value in more.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            printed, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            # With its child processes: a Terraform that keeps running would change what the next test inspects.
            os.killpg(child.pid, signal.SIGKILL)
            printed, _ = child.communicate()
            raise Failed(f"{' '.join(map(str, command))} in {cwd} had not ended after {seconds} s\n" + "\n".join(printed.splitlines()[-60:])) from error
        result = subprocess.CompletedProcess(command, child.returncode, printed)
        if result.returncode not in codes:
            errors = [line for line in result.stdout.splitlines() if "rror" in line]
            tail = "\n".join(errors[:20] + ["…"] + result.stdout.splitlines()[-60:])
            raise Failed(f"{' '.join(map(str, command))} in {cwd}: exit code {result.returncode}\n{tail}")
        return result

    def terraform(self, *arguments, **more):
        return self.run(terraform_program(), *arguments, **more)

    def schemas(self, *arguments, **more):
        """Terraform, for commands that mostly request schemas from the provider (`validate`, `show -json`, the modules' own
        tests): all share one running provider instead of starting their own, which saves two thirds of the time.
        Not for environments: it has one configuration at a time."""
        with self.lending:
            if self.provider and not self.lent:
                self.lent = Lent(self.provider, self.environment)
        return self.terraform(*arguments, **more, **({"TF_REATTACH_PROVIDERS": self.lent.address} if self.lent else {}))

    def close(self):
        if self.lent:
            self.lent.close()

    def terragrunt(self, *arguments, **more):
        return self.run(terragrunt_program(), *arguments, **more)

    def client(self, service, region):
        import boto3

        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="AKIATESTTESTTESTTEST",
            aws_secret_access_key="test",
        )


class Lent:
    """A provider that runs until it is closed, or until the tests end in whatever way, and prints its address."""

    # Only the provider holds the pipe that its address comes from, and it ends when our pipe to the shell is closed.
    SCRIPT = '"$0" -debug </dev/null & exec >/dev/null; cat; kill $!; wait $!'

    def __init__(self, program, environment):
        command = ["sh", "-c", self.SCRIPT, program]
        self.child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = next((line.split("TF_REATTACH_PROVIDERS=", 1)[1].strip().strip("'") for line in self.child.stdout if "TF_REATTACH_PROVIDERS='" in line), None)
        if not self.address:
            raise Failed(f"{program} -debug does not say where it is")

    def close(self):
        self.child.stdin.close()
        self.child.wait(timeout=120)
        self.child.stdout.close()


def copy_tree(target):
    """A copy of infra/terraform like a fresh clone."""
    shutil.copytree(
        TERRAFORM_TREE,
        target,
        ignore=shutil.ignore_patterns(".terraform", ".terragrunt-cache", "*.tfstate*", "terraform.tfvars", ".tfvars.local", "*.tfplan"),
    )
    return target


def bytes_of(path):
    """A file's bytes; for a saved plan, those of everything in it."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return path.read_bytes()


def resources(plan):
    """Planned values by address without modules: {"aws_vpc.this": {…}}; a later one replaces an earlier one."""
    found = {}

    def walk(module):
        for resource in module.get("resources", []):
            if resource["mode"] != "managed" or resource["address"].startswith("ephemeral.") or "values" not in resource:
                continue
            found[resource["address"]] = resource["values"]
        for child in module.get("child_modules", []):
            walk(child)

    walk(plan["planned_values"]["root_module"])
    return found


class Stopwatch:
    """Seconds by environment and step, for docs/infrastructure.md."""

    def __init__(self):
        self.seconds = {}
        self.counts = {}
        self.costs = {}

    def time(self, environment, step, function):
        start = time.monotonic()
        result = function()
        self.seconds.setdefault(environment, {})[step] = time.monotonic() - start
        print(f"{environment}: {step} {self.seconds[environment][step]:.0f} s", file=sys.stderr)
        return result


def read_json(text):
    return json.loads(text)
