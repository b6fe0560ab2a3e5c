"""`infra/terraform/plans`: exactly the stored plan is applied; the workflows do nothing else."""

import json
import os
import re
import shutil
import subprocess

import pytest
import support


class Repository:
    """A repository with the tree in it, and only the quickly created parts of staging."""

    def __init__(self, shell, folder):
        self.shell, self.root = shell, folder
        self.tree = support.copy_tree(folder / "infra/terraform")
        self.staging = self.tree / "envs/staging"
        for unit in self.staging.iterdir():
            if unit.is_dir() and unit.name not in ("network", "security"):
                shutil.rmtree(unit)
        values = self.staging / "env.hcl"
        text = values.read_text()
        assert text.count("security   = {}") == 1
        text = text.replace("security   = {}", 'security   = { allowed_cidr_blocks = ["203.0.113.4/32"] }')
        # Endpoints are irrelevant here, and slow.
        values.write_text(re.sub(r"interface_endpoints = .*", "interface_endpoints = []", text))
        self.git("init", "-q")
        self.commit("a commit")

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self, message):
        self.git("add", "infra/terraform/envs/staging/env.hcl")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def plans(self, *arguments, codes=(0,)):
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        return self.shell.run(self.tree / "plans", *arguments, cwd=self.root, codes=codes, PATH=path)


@pytest.fixture(scope="module")
def repository(shell, tmp_path_factory):
    root = tmp_path_factory.mktemp("plans")
    (root / "bin").mkdir()
    (root / "bin/terragrunt").symlink_to(support.terragrunt_program())
    return Repository(shell, root)


def test_no_plan_to_apply_uses_mock_values(repository):
    """security needs the network, which does not exist: the applied changes would differ from the planned ones."""
    refused = repository.plans("make", "staging", "first", codes=(1,))
    assert "staging could not be planned" in refused.stdout
    assert not (repository.root / "first/COMMIT").exists()
    # As a draft for review it is allowed.
    repository.plans("draft", "staging", "draft")
    assert (repository.root / "draft/changes").read_text() == "true\n"
    assert "there is no plan to apply in draft" in repository.plans("apply", "staging", "draft", codes=(1,)).stdout


def test_exactly_the_stored_plan_is_applied(repository):
    shell = repository.shell
    shell.terragrunt("run", "--", "apply", "-input=false", "-auto-approve", cwd=repository.staging / "network")
    repository.plans("make", "staging", "plan")
    plan = repository.root / "plan"
    assert (plan / "changes").read_text() == "true\n" and "aws_security_group.alb" in (plan / "summary.txt").read_text()
    groups = lambda: [each["GroupName"] for each in shell.client("ec2", "ap-northeast-1").describe_security_groups()["SecurityGroups"]]  # noqa: E731

    assert "the plan is of staging, not of minimal" in repository.plans("apply", "minimal", "plan", codes=(1,)).stdout
    changed = next(plan.rglob("security/*.tfplan"))
    kept = changed.read_bytes()
    changed.write_bytes(kept + b"x")
    assert "the plan is not the one that was made" in repository.plans("apply", "staging", "plan", codes=(1,)).stdout
    changed.write_bytes(kept)
    repository.commit("another")
    assert "the plan is of commit" in repository.plans("apply", "staging", "plan", codes=(1,)).stdout
    assert "bookmark-manager-staging-alb" not in groups()
    repository.git("reset", "-q", "--hard", "HEAD~1")

    repository.plans("apply", "staging", "plan")
    assert "bookmark-manager-staging-alb" in groups()
    # Only once: its base state has changed.
    assert "Saved plan is stale" in repository.plans("apply", "staging", "plan", codes=(1,)).stdout
    repository.plans("make", "staging", "again")
    assert (repository.root / "again/changes").read_text() == "false\n"
    assert "nothing to change" in repository.plans("apply", "staging", "again").stdout
    for unit in ("security", "network"):
        shell.terragrunt("run", "--", "destroy", "-input=false", "-auto-approve", cwd=repository.staging / unit)
        assert json.loads((repository.staging / unit / "terraform.tfstate").read_text())["resources"] == []


def test_unknown_environment_is_refused(repository):
    assert "there is no environment nowhere" in repository.plans("make", "nowhere", "x", codes=(1,)).stdout
