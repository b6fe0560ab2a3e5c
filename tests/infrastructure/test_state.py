"""State in S3 with a lock: the bucket's own unit, and moving local states with one switch."""

import pytest
import support

BUCKET = f"cockpit-terraform-state-{support.ACCOUNT}"
REGION = "ap-northeast-1"


@pytest.fixture(scope="module")
def tree(own_shell, tmp_path_factory):
    shell = own_shell
    tree = support.copy_tree(tmp_path_factory.mktemp("state") / "terraform")
    shell.terragrunt("run", "--", "apply", "-input=false", "-auto-approve", cwd=tree / "envs/bootstrap/state")
    return tree


def test_bucket_is_private_and_versioned(own_shell, tree):
    shell = own_shell
    s3 = shell.client("s3", REGION)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    again = shell.terragrunt("run", "--", "plan", "-input=false", "-detailed-exitcode", cwd=tree / "envs/bootstrap/state")
    assert "No changes" in again.stdout


def test_state_moves_from_a_file_to_the_bucket(own_shell, tree):
    shell = own_shell
    unit = tree / "envs/staging/ecr"
    s3 = shell.client("s3", REGION)
    shell.terragrunt("run", "--", "apply", "-input=false", "-auto-approve", cwd=unit)
    assert (unit / "terraform.tfstate").is_file()
    # The emulator has no TLS, and the bucket refuses everything else.
    assert '"aws:SecureTransport":"false"' in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.delete_bucket_policy(Bucket=BUCKET)
    switch = tree / "envs/staging/env.hcl"
    assert switch.read_text().count('state      = "local"') == 1
    switch.write_text(switch.read_text().replace('state      = "local"', 'state      = "s3"'))
    shell.terragrunt("run", "--", "init", "-migrate-state", "-force-copy", "-input=false", cwd=unit)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["staging/ecr/terraform.tfstate"]
    again = shell.terragrunt("run", "--", "plan", "-input=false", "-detailed-exitcode", cwd=unit)
    assert "No changes" in again.stdout

    # Someone else is working: their lock is a file beside the state.
    s3.put_object(Bucket=BUCKET, Key="staging/ecr/terraform.tfstate.tflock", Body=b'{"ID":"held","Who":"a colleague","Operation":"OperationTypeApply"}')
    refused = shell.terragrunt("run", "--", "plan", "-input=false", "-no-color", cwd=unit, codes=(1,))
    assert "Error acquiring the state lock" in refused.stdout and "a colleague" in refused.stdout
    s3.delete_object(Bucket=BUCKET, Key="staging/ecr/terraform.tfstate.tflock")

    # Values that only this machine has: a workflow, which shares the state, would revert them.
    for name in ("terraform.tfvars", ".tfvars.local"):
        (unit / name).write_text("keep_images = 5\n")
        refused = shell.terragrunt("run", "--", "apply", "-input=false", "-auto-approve", "-no-color", cwd=unit, codes=(1,))
        assert "is on this machine only, and the state is shared" in refused.stdout
        (unit / name).unlink()
    assert "No changes" in shell.terragrunt("run", "--", "plan", "-input=false", "-detailed-exitcode", cwd=unit).stdout
    shell.terragrunt("run", "--", "destroy", "-input=false", "-auto-approve", cwd=unit)
