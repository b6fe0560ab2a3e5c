"""How a version gets onto an instance: the real scripts of the module instance, with stand-ins for programs."""

import os
import re
import subprocess

import pytest
import support

MODULE = support.TERRAFORM_TREE / "modules/instance"
VALUES = {
    "name": "minimal", "region": "ap-northeast-1", "version": "/minimal/deploy/image", "port": "3000", "published": "80", "parameter_path": "/minimal",
    "agent": "{}", "url": "http://127.0.0.1:80/health",
}


def rendered(name):
    """A template as rendered by Terraform: `${name}` is a value, `$${…}` belongs to the shell."""
    text = (MODULE / name).read_text()
    return re.sub(r"\$\$\{|\$\{(\w+)\}", lambda match: VALUES[match[1]] if match[1] else "${", text)


@pytest.fixture
def machine(tmp_path):
    """A folder with programs that record their arguments."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def program(name, body="", log=True):
        written = f'echo "{name} $*" >>{tmp_path}/calls\n' if log else ""
        (programs / name).write_text(f"#!/bin/bash\n{written}{body}\n")
        (programs / name).chmod(0o755)

    def run(script):
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "DEPLOY_PAUSE": "0"}
        # /run and /var/log of an instance are this folder here.
        script = script.replace("/run/", f"{tmp_path}/").replace("/var/log/", f"{tmp_path}/")
        return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)

    program.run, program.folder = run, tmp_path
    return program


def prepare():
    return re.search(r"<<'SH'\n(.*?)\nSH\n", rendered("user_data.sh.tftpl"), re.S)[1]


def calls(machine):
    return (machine.folder / "calls").read_text().splitlines()


AWS = """case "$*" in
  *get-parameters-by-path*) echo '{"Parameters": [{"Name": "/minimal/DATABASE_URL", "Value": "postgresql://x:y=z@h/db"}]}' ;;
  *get-parameter*--name\\ /minimal/deploy/image*) cat "$(dirname "$0")/../version" ;;
  *get-login-password*) echo secret ;;
  *) exit 1 ;;
esac"""


@pytest.mark.parametrize("name", ["user_data.sh.tftpl", "deploy.sh.tftpl"])
def test_scripts_are_valid(name):
    checked = subprocess.run(["bash", "-n"], input=rendered(name), capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_start_uses_the_version_in_the_parameter(machine):
    """So a restart is a deployment, and an instance started later by a group has the same version."""
    machine("aws", AWS)
    machine("docker", "cat >/dev/null")
    for version in ("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/minimal-app:one", "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/minimal-app@sha256:two"):
        (machine.folder / "version").write_text(version)
        done = machine.run(prepare() + "\n")
        assert done.returncode == 0, done.stderr
        assert f"docker pull {version}" in calls(machine) and f"docker tag {version} app:current" in calls(machine)
        assert (machine.folder / "app.image").read_text() == f"{version}\n"
    assert "docker login --username AWS --password-stdin 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com" in calls(machine)
    # Secrets are in a complete file that only root can read, and never an argument.
    assert (machine.folder / "app.env").read_text() == "DATABASE_URL=postgresql://x:y=z@h/db\n"
    assert (machine.folder / "app.env").stat().st_mode & 0o077 == 0
    assert "postgresql" not in "\n".join(calls(machine))


def test_version_that_cannot_be_pulled_is_not_started(machine):
    machine("aws", AWS)
    machine("docker", '[ "$1" != pull ] || exit 1; cat >/dev/null')
    (machine.folder / "version").write_text("registry/minimal-app:gone")
    assert machine.run(prepare()).returncode != 0
    assert not any(call.startswith("docker tag") for call in calls(machine))


def test_deployment_waits_until_the_application_is_healthy(machine):
    machine("systemctl")
    machine("sleep", log=False)
    # Healthy at the third check.
    machine("curl", f'count=$(grep -c ^curl {machine.folder}/calls); [ "$count" -ge 3 ]')
    (machine.folder / "app.image").write_text("registry/minimal-app:two\n")
    done = machine.run(rendered("deploy.sh.tftpl"))
    assert done.returncode == 0 and "well after 3 attempts: registry/minimal-app:two" in done.stdout
    assert calls(machine)[0] == "systemctl restart app" and "http://127.0.0.1:80/health" in calls(machine)[1]


def test_unhealthy_version_is_a_failure(machine):
    """With the end of its log, and an exit code that Run Command treats as a failure, so that no other instance follows."""
    machine("systemctl")
    machine("sleep", log=False)
    machine("curl", "exit 22")
    (machine.folder / "app.log").write_text("Error: no database\n")
    done = machine.run(rendered("deploy.sh.tftpl"))
    assert done.returncode == 1
    assert "does not answer 200" in done.stderr and "Error: no database" in done.stderr


def test_failing_step_fails_the_command():
    """The test beside the module checks that the Run Command document contains this whole script (tests/instance.tftest.hcl)."""
    assert rendered("deploy.sh.tftpl").splitlines()[:3][-1] == "set -euo pipefail"
