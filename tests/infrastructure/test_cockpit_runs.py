"""Runs of the cockpit over AWS resources: deletion protection is lifted before a destroy, and drift is reported. It uses its own
small tree to be quick."""

import json
import re

import pytest
import support

ACCOUNT = support.ACCOUNT

CONFIG = f"""
[environments.lab]
account = "{ACCOUNT}"
region = "us-east-1"

[environments.lab.infra]
kind = "terraform"
units = [{{ name = "data", dir = "data" }}]

[environments.people]
account = "{ACCOUNT}"
region = "us-east-1"

[environments.people.infra]
kind = "terraform"
units = [{{ name = "users", dir = "users" }}]

[environments.grunt]
account = "{ACCOUNT}"
region = "us-east-1"

[environments.grunt.infra]
kind = "terragrunt"
dir = "grunt"
terragrunt = "{support.terragrunt_program()}"
"""

PROVIDER = """
terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}
provider "aws" {
  region                      = "us-east-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  max_retries                 = 2
}
"""

DATA = PROVIDER + """
resource "aws_s3_bucket" "logs" { bucket = "cockpit-lab-logs" }
resource "aws_ecr_repository" "web" { name = "cockpit-lab-web" }
resource "aws_db_instance" "this" {
  identifier          = "cockpit-lab-db"
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "someone"
  password            = "not-a-secret-1"
  deletion_protection = true
  skip_final_snapshot = true
}
"""

USERS = PROVIDER + """
resource "aws_cognito_user_pool" "this" {
  name              = "people-users"
  mfa_configuration = "OFF"
  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = true
    temporary_password_validity_days = 7
  }
}
"""


@pytest.fixture(scope="module")
def project(own_shell, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "config.toml").write_text(CONFIG)
    for name, code in (("data", DATA), ("users", USERS)):
        (folder / name).mkdir()
        (folder / name / "main.tf").write_text(code)
    # A Terragrunt unit works in a copy of its module, in its cache.
    for name in ("modules/bucket", "grunt/logs"):
        (folder / name).mkdir(parents=True)
    (folder / "modules/bucket/main.tf").write_text(PROVIDER + 'resource "aws_s3_bucket" "this" { bucket = "cockpit-grunt-logs" }\n')
    (folder / "grunt/logs/terragrunt.hcl").write_text('terraform {\n  source = "../..//modules/bucket"\n}\n')
    return folder


@pytest.fixture(scope="module")
def cockpit(own_shell, project):
    def run(*words, codes=(0,), **more):
        return own_shell.run(support.cockpit_program(), *words, cwd=project, codes=codes, HOME=project, seconds=300, **more).stdout

    return run


def test_deletion_protection_is_lifted_before_a_destroy(own_shell, project, cockpit, request):
    if not request.config.getoption("--full"):
        pytest.skip("the provider waits minutes for a database: with --full")
    cockpit("infra", "apply", "lab", "--yes")
    cockpit("infra", "drift", "lab", "--detailed-exitcode")
    s3, ecr, rds = (own_shell.client(name, "us-east-1") for name in ("s3", "ecr", "rds"))
    # Changed elsewhere: the refresh-only plan shows the change, and its exit code reports that there is one.
    s3.put_bucket_tagging(Bucket="cockpit-lab-logs", Tagging={"TagSet": [{"Key": "By", "Value": "hand"}]})
    drift = cockpit("infra", "drift", "lab", "--detailed-exitcode", codes=(2,))
    assert "aws_s3_bucket.logs" in drift
    # The state belongs to this emulator and to no other endpoint.
    other = cockpit("infra", "plan", "lab", "--endpoint-url", "http://127.0.0.1:9", codes=(4,))
    assert "resources of http://127.0.0.1:" in other

    s3.put_object(Bucket="cockpit-lab-logs", Key="log", Body=b"line")
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": {"digest": "sha256:" + "0" * 64}, "layers": []}
    ecr.put_image(repositoryName="cockpit-lab-web", imageManifest=json.dumps(manifest), imageTag="one")
    # A yes is not enough: the name is required.
    cockpit("infra", "destroy", "lab", "--yes", codes=(4,))
    output = cockpit("infra", "destroy", "lab", "--yes", "--confirm", "lab")
    order = ["aws_db_instance.this: its deletion protection is turned off", "a final snapshot is taken, cockpit-lab-db-final-"]
    order += ["aws_ecr_repository.web: what is in it may be deleted with it", "nothing guards it any more"]
    places = [output.index(words) for words in order]
    assert places == sorted(places), output
    assert not (project / "data/cockpit_destroy_override.tf").exists()
    assert s3.list_buckets()["Buckets"] == []
    assert ecr.describe_repositories()["repositories"] == []
    assert rds.describe_db_instances()["DBInstances"] == []
    snapshots = [snapshot["DBSnapshotIdentifier"] for snapshot in rds.describe_db_snapshots()["DBSnapshots"]]
    assert [name for name in snapshots if re.fullmatch(r"cockpit-lab-db-final-\d{8}t\d{6}", name)], snapshots


def test_user_pool_is_compared_with_the_terraform_state(own_shell, project, cockpit):
    cockpit("infra", "apply", "people", "--yes")
    told = json.loads(cockpit("users", "--declared", "--env", "people", "-o", "json"))
    assert told["differences"] == [] and told["missing"] == [], told
    idp = own_shell.client("cognito-idp", "us-east-1")
    pool = next(one["Id"] for one in idp.list_user_pools(MaxResults=10)["UserPools"] if one["Name"] == "people-users")
    policy = idp.describe_user_pool(UserPoolId=pool)["UserPool"]["Policies"]["PasswordPolicy"] | {"MinimumLength": 6}
    idp.update_user_pool(UserPoolId=pool, Policies={"PasswordPolicy": policy})
    told = json.loads(cockpit("users", "--declared", "--env", "people", "-o", "json"))
    (one,) = told["differences"]
    assert (one["declared"], one["runs"]) == ("12", "6"), told
    cockpit("infra", "destroy", "people", "--yes", "--confirm", "people")


def test_terragrunt_unit_protection_is_lifted_in_its_working_copy(own_shell, project, cockpit):
    cockpit("infra", "apply", "grunt", "--yes")
    s3 = own_shell.client("s3", "us-east-1")
    s3.put_object(Bucket="cockpit-grunt-logs", Key="log", Body=b"line")
    output = cockpit("infra", "destroy", "grunt", "--yes", "--confirm", "grunt")
    assert "aws_s3_bucket.this: what is in it may be deleted with it" in output and "nothing guards it any more" in output
    assert "cockpit-grunt-logs" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert list((project / "grunt/logs").glob("*.tf")) == []
