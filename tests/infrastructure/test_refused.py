"""Invalid values are refused before anything is created, with a message that says what to do.

Rules of a module are tested beside it, in its tests/*.tftest.hcl, with a provider that sends no requests; what a module
cannot detect (a missing value, a workspace with the other's variables) is tested here.
"""

import re

import pytest
import support

TESTED = sorted({path.parent.parent for path in support.TERRAFORM_TREE.glob("modules/*/tests/*.tftest.hcl")})


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return support.copy_tree(tmp_path_factory.mktemp("refused") / "terraform")


@pytest.mark.parametrize("module", TESTED, ids=lambda path: path.name)
def test_terraform_tests_pass(shell, tree, module):
    folder = tree / module.relative_to(support.TERRAFORM_TREE)
    shell.schemas("init", "-backend=false", "-no-color", cwd=folder)
    result = shell.schemas("test", "-no-color", cwd=folder)
    runs = len(re.findall(r'^run "', "".join(path.read_text() for path in folder.glob("tests/*.tftest.hcl")), re.M))
    assert f"{runs} passed, 0 failed" in result.stdout


def output_of(result):
    """Terraform's output, without its frame and line breaks."""
    return " ".join(re.sub(r"[│╷╵]|STD(OUT|ERR) terraform:|\d\d:\d\d:\d\d\.\d+", " ", result.stdout).split())


def test_missing_variable_is_refused(shell, tree):
    """Staging's own addresses are in no repository: without terraform.tfvars nothing is planned."""
    result = shell.terragrunt("run", "--", "plan", "-input=false", "-no-color", cwd=tree / "envs/staging/security", codes=(1,))
    assert 'No value for required variable' in output_of(result)
    assert '"allowed_cidr_blocks"' in output_of(result)


def test_invalid_addresses_are_refused(shell, tree):
    unit = tree / "envs/staging/security"
    (unit / "terraform.tfvars").write_text('allowed_cidr_blocks = ["203.0.113.4"]\n')
    result = shell.terragrunt("run", "--", "plan", "-input=false", "-no-color", cwd=unit, codes=(1,))
    assert "One address is written as 203.0.113.4/32." in output_of(result)


@pytest.fixture(scope="module")
def production(shell, tree):
    """The root of pantri in its workspace prod."""
    root = tree / "pantri"
    shell.terraform("init", "-no-color", cwd=root)
    shell.terraform("workspace", "new", "prod", cwd=root)
    return root


def test_variables_of_the_other_workspace_are_refused(shell, production):
    arguments = ("plan", "-input=false", "-no-color", "-var-file=dev.tfvars")
    result = shell.terraform(*arguments, cwd=production, codes=(1,), TF_VAR_emulator="true")
    assert "The workspace is prod and the variables are those of dev." in output_of(result)


def test_production_without_protection_is_refused(shell, production):
    arguments = ("plan", "-input=false", "-no-color", "-var-file=prod.tfvars", "-var=deletion_protection=false")
    result = shell.terraform(*arguments, cwd=production, codes=(1,), TF_VAR_emulator="true")
    assert "deletion_protection is off in production. Set it to true" in output_of(result)


def test_other_account_is_refused(shell, production):
    """Credentials of an account that is not the configured one change nothing."""
    arguments = ("plan", "-input=false", "-no-color", "-var-file=prod.tfvars", "-var=account_id=999999999999")
    result = shell.terraform(*arguments, cwd=production, codes=(1,), TF_VAR_emulator="true")
    assert "AWS account ID not allowed" in output_of(result) or "Account ID not allowed" in output_of(result)
