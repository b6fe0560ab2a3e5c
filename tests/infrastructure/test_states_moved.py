"""States move from files to S3 and keep their lineage, or everything is restored; a leftover lock is released. Real
Terraform and Terragrunt on the emulator's S3, mostly with resources that need no provider."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
import support

ACCOUNT = support.ACCOUNT
BUCKET = "cockpit-lab-states"


def environment(name, *units, more=""):
    listed = ", ".join(f'{{ name = "{unit}", dir = "{folder}"{rest} }}' for unit, folder, rest in units)
    return f'[environments.{name}]\nregion = "us-east-1"\n\n[environments.{name}.infra]\nkind = "terraform"\nunits = [{listed}]\n{more}\n'


PLAIN = """
resource "terraform_data" "it" { input = "one" }
output "it" { value = terraform_data.it.output }
"""

SHARED = """
terraform {
  backend "local" {}
}
variable "word" { default = "none" }
resource "terraform_data" "it" { input = "${terraform.workspace} ${var.word}" }
"""

SLOW = PLAIN + """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch begun; sleep 600" }
}
"""

# A Terraform that waits before a state is pushed, until it may continue.
WAITS = """#!/bin/sh
case "$*" in
  *"state push"*) touch "{folder}/pushing"; while [ ! -e "{folder}/go" ]; do sleep 0.1; done ;;
esac
exec {terraform} "$@"
"""


@pytest.fixture(scope="module")
def project(own_shell, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    own_shell.client("s3", "us-east-1").create_bucket(Bucket=BUCKET)
    (folder / "waiting").mkdir()
    waiting = folder / "waiting/terraform"
    waiting.write_text(WAITS.format(folder=folder, terraform=support.terraform_program()))
    waiting.chmod(0o755)
    word = ', var_files = ["{0}.tfvars"], workspace = "{0}"'
    config = [
        environment("files", ("plain", "plain", "")),
        environment("killed", ("plain", "killed", ""), more=f'terraform = "{waiting}"'),
        environment("dev", ("shared", "shared", word.format("dev"))),
        environment("prod", ("shared", "shared", word.format("prod"))),
        environment("locked", ("plain", "locked", "")),
    ]
    (folder / "config.toml").write_text("\n".join(config))
    for name in ("plain", "killed", "locked"):
        (folder / name).mkdir()
        (folder / name / "main.tf").write_text(PLAIN)
    (folder / "shared").mkdir()
    (folder / "shared/main.tf").write_text(SHARED)
    for name in ("dev", "prod"):
        (folder / f"shared/{name}.tfvars").write_text(f'word = "{name}"\n')
    return folder


@pytest.fixture(scope="module")
def cockpit(own_shell, project):
    def run(*words, codes=(0,), **more):
        return own_shell.run(support.cockpit_program(), *words, cwd=project, codes=codes, HOME=project, seconds=300, **more).stdout

    return run


@pytest.fixture(scope="module")
def stored(own_shell):
    def read(key, bucket=BUCKET):
        s3 = own_shell.client("s3", "us-east-1")
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    return read


def test_state_moves_to_s3_with_its_lock_or_is_restored(own_shell, project, cockpit, stored):
    unit, key = project / "plain", "files/plain/terraform.tfstate"
    move = ("infra", "migrate-state", "files", "--bucket", BUCKET)
    cockpit("infra", "apply", "files", "--yes")
    before = (unit / "terraform.tfstate").read_text()

    def as_before():
        assert (unit / "terraform.tfstate").read_text() == before
        assert not (unit / "cockpit_backend.tf").exists() and not (unit / ".cockpit-moving.json").exists()
        cockpit("infra", "plan", "files", "--detailed-exitcode")

    # A change is not applied yet: the plan cannot show whether the moved state is complete.
    (unit / "main.tf").write_text(PLAIN.replace('"one"', '"two"'))
    output = cockpit(*move, "--yes", codes=(1,))
    assert "its plan is not empty after it" in output and "it was put back" in output
    (unit / "main.tf").write_text(PLAIN)
    as_before()
    assert stored(key)["resources"] == [], "two states of the same resources would be two truths"
    # A missing bucket; no confirmation; no place given; somebody is working on it.
    output = cockpit("infra", "migrate-state", "files", "--bucket", "cockpit-nowhere", "--yes", codes=(1,))
    assert "does not exist" in output and "it was put back" in output
    as_before()
    cockpit(*move, codes=(4,))
    cockpit(*move, "--yes", "--read-only", codes=(4,))
    assert "--bucket" in cockpit("infra", "migrate-state", "files", "--yes", codes=(1,))
    lock = unit / ".terraform.tfstate.lock.info"
    lock.write_text("{}")
    assert "somebody works at it" in cockpit(*move, "--yes", codes=(1,))
    lock.unlink()
    # Another state in that place must not be overwritten.
    s3 = own_shell.client("s3", "us-east-1")
    other = json.loads(before) | {"lineage": "00000000-1111-2222-3333-444444444444"}
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(other).encode())
    output = cockpit(*move, "--yes", codes=(1,))
    assert "there is a state already where it would go" in output
    assert stored(key)["lineage"] == other["lineage"] and stored(key)["resources"] != []
    as_before()
    s3.delete_object(Bucket=BUCKET, Key=key)

    assert "serial" in cockpit(*move, "--dry-run")
    as_before()
    output = cockpit(*move, "--yes")
    assert "the same lineage and content, no lower serial, a lock, and an empty plan" in output
    there = stored(key)
    assert there["lineage"] == json.loads(before)["lineage"] and there["serial"] >= json.loads(before)["serial"]
    assert there["resources"] == json.loads(before)["resources"]
    assert not (unit / "terraform.tfstate").exists(), "two states of the same resources would be two truths"
    cockpit("infra", "plan", "files", "--detailed-exitcode")
    assert "no state in a file" in cockpit("infra", "migrate-state", "files", "--yes")
    # Two concurrent writers are distinguished by the lock.
    s3.put_object(Bucket=BUCKET, Key=key + ".tflock", Body=b'{"ID":"held","Who":"a colleague","Operation":"OperationTypeApply"}')
    assert "a colleague" in cockpit("infra", "unlock", "files", "--dry-run")
    s3.delete_object(Bucket=BUCKET, Key=key + ".tflock")
    copies = [path.read_text() for path in (project / ".local/state/cockpit/states-moved").rglob("*-terraform.tfstate")]
    assert before in copies
    audit = (project / ".local/state/cockpit/audit.jsonl").read_text()
    outcomes = re.findall(r'migrate-state files --unit plain".*?"outcome":"(\w+)"', audit)
    assert outcomes[-1] == "done" and "failed" in outcomes


def test_workspaces_of_a_folder_move_together(project, cockpit, stored):
    unit = project / "shared"
    # The second one is initialised while the first has a state, which Terraform would offer to move.
    for name in ("dev", "prod"):
        cockpit("infra", "init", name, "--new-workspace")
        cockpit("infra", "apply", name, "--yes")
    lineages = {name: json.loads((unit / f"terraform.tfstate.d/{name}/terraform.tfstate").read_text())["lineage"] for name in ("dev", "prod")}
    cockpit("infra", "migrate-state", "dev", "--bucket", BUCKET, "--yes")
    # The code states the place of all of them; previously they were in files.
    assert (unit / "cockpit_backend_override.tf").is_file()
    for name, lineage in lineages.items():
        assert stored(f"env:/{name}/shared/terraform.tfstate")["lineage"] == lineage
        assert not (unit / f"terraform.tfstate.d/{name}/terraform.tfstate").exists()
        cockpit("infra", "plan", name, "--detailed-exitcode")


def test_killed_move_is_restored_and_blocks_plans_until_then(own_shell, project, cockpit, stored):
    unit = project / "killed"
    (project / "go").touch()
    cockpit("infra", "apply", "killed", "--yes")
    before = (unit / "terraform.tfstate").read_text()
    (project / "go").unlink()
    child = subprocess.Popen(
        [support.cockpit_program(), "infra", "migrate-state", "killed", "--bucket", BUCKET, "--yes"],
        cwd=project, env=own_shell.environment | {"HOME": str(project)}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    end = time.monotonic() + 120
    while not (project / "pushing").exists():
        assert time.monotonic() < end and child.poll() is None, "it does not come to the push"
        time.sleep(0.05)
    # An interrupt does not affect a move that has started.
    os.kill(child.pid, signal.SIGINT)
    time.sleep(0.3)
    assert child.poll() is None
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert not (unit / "terraform.tfstate").exists()
    for words in (("plan", "killed"), ("drift", "killed"), ("apply", "killed", "--yes")):
        output = cockpit("infra", *words, codes=(4,))
        assert "between two places" in output and "migrate-state killed --unit plain" in output, output
    (project / "go").touch()
    output = cockpit("infra", "migrate-state", "killed", "--bucket", BUCKET, "--yes")
    assert "a move that was interrupted is put back" in output and "moved:" in output
    assert stored("killed/plain/terraform.tfstate")["lineage"] == json.loads(before)["lineage"]
    cockpit("infra", "plan", "killed", "--detailed-exitcode")


def test_terragrunt_unit_moves_to_its_configured_backend_and_needs_a_lock_there(own_shell, tmp_path_factory, stored):
    tree = support.copy_tree(tmp_path_factory.mktemp("moved") / "terraform")
    home = tree.parent
    (home / "config.toml").write_text(
        f'[environments.staging]\naccount = "{ACCOUNT}"\nregion = "ap-northeast-1"\n\n[environments.staging.infra]\n'
        f'kind = "terragrunt"\ndir = "terraform/envs/staging"\nterragrunt = "{support.terragrunt_program()}"\n'
    )

    def cockpit(*words, codes=(0,)):
        return own_shell.run(support.cockpit_program(), "infra", *words, cwd=home, codes=codes, HOME=home, seconds=600).stdout

    bucket, unit = f"cockpit-terraform-state-{ACCOUNT}", tree / "envs/staging/ecr"
    s3 = own_shell.client("s3", "ap-northeast-1")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    cockpit("apply", "staging", "--unit", "ecr", "--yes")
    before = (unit / "terraform.tfstate").read_text()
    # The code still has the state in a file.
    assert "in a file still" in cockpit("migrate-state", "staging", "--unit", "ecr", "--yes", codes=(1,))
    assert (unit / "terraform.tfstate").read_text() == before
    switch, root = tree / "envs/staging/env.hcl", tree / "envs/root.hcl"
    switch.write_text(switch.read_text().replace('state      = "local"', 'state      = "s3"'))
    locked = root.read_text()
    root.write_text(locked.replace("use_lockfile = true", "use_lockfile = false"))
    output = cockpit("migrate-state", "staging", "--unit", "ecr", "--yes", codes=(1,))
    assert "the backend has no lock" in output and "it was put back" in output
    assert (unit / "terraform.tfstate").read_text() == before and "Contents" not in s3.list_objects_v2(Bucket=bucket)
    root.write_text(locked)
    cockpit("migrate-state", "staging", "--unit", "ecr", "--yes")
    there = stored("staging/ecr/terraform.tfstate", bucket)
    assert there["lineage"] == json.loads(before)["lineage"] and not (unit / "terraform.tfstate").exists()
    cockpit("plan", "staging", "--unit", "ecr", "--detailed-exitcode")


def test_lock_left_by_a_killed_terraform_is_shown_and_released(own_shell, project, cockpit, stored):
    """In S3, where the lock outlives its owner."""
    unit, key = project / "plain", "files/plain/terraform.tfstate.tflock"
    (unit / "main.tf").write_text(SLOW)
    child = subprocess.Popen(
        [support.terraform_program(), "apply", "-auto-approve", "-input=false"],
        cwd=unit, env=own_shell.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    end = time.monotonic() + 120
    while not (unit / "begun").exists():
        assert time.monotonic() < end and child.poll() is None, "it does not begin"
        time.sleep(0.1)
    shown = cockpit("infra", "unlock", "files", "--dry-run")
    assert "Terraform runs on this machine (process" in shown and str(child.pid) in shown, shown
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    (unit / "main.tf").write_text(PLAIN)
    held = stored(key)
    # It is locked: nothing is planned, and the run says what to do.
    output = cockpit("infra", "plan", "files", codes=(1,))
    assert "Error acquiring the state lock" in output and "releases a lock that was left behind" in output, output
    shown = cockpit("infra", "unlock", "files", "--dry-run")
    assert f"plain: locked by {held['Who']}, apply" in shown and held["ID"] in shown, shown
    cockpit("infra", "unlock", "files", codes=(4,))
    assert stored(key) == held
    # Another Terraform may run on this machine: then the name is required.
    assert "the lock is released" in cockpit("infra", "unlock", "files", "--yes", "--confirm", "files")
    assert "no lock" in cockpit("infra", "unlock", "files", "--dry-run")
    audit = [json.loads(line) for line in (project / ".local/state/cockpit/audit.jsonl").read_text().splitlines()]
    assert [(line["after"]["lock"], line["outcome"]) for line in audit if "infra unlock" in line["command"]] == [(held["ID"], "done")]
    # A resource in creation at the kill is in no state, or tainted: the next plan shows it.
    cockpit("infra", "plan", "files", "--detailed-exitcode", codes=(0, 2))
