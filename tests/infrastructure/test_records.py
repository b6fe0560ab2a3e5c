"""What is off by default and was only planned: CloudTrail, GuardDuty, Config, flow logs, made and taken down on the emulator."""

import json

import inventory
import pytest
import support

ROOT = """
provider "aws" {
  region                      = "ap-northeast-1"
  s3_use_path_style           = true
  skip_metadata_api_check     = true
  skip_credentials_validation = true
}

module "network" {
  source                   = "./modules/network"
  name_prefix              = "team-records"
  cidr_block               = "10.9.0.0/16"
  availability_zones       = ["ap-northeast-1a", "ap-northeast-1c"]
  flow_logs_retention_days = 14
}

module "security" {
  source              = "./modules/security"
  name_prefix         = "team-records"
  vpc_id              = module.network.vpc_id
  allowed_cidr_blocks = ["203.0.113.4/32"]
  services            = { web = { port = 3000 } }
  allow_destroy       = true
  cloudtrail          = true
  guardduty           = true
  aws_config          = true
}
"""
REGION = "ap-northeast-1"


@pytest.fixture(scope="module")
def root(shell, tmp_path_factory, request):
    if not request.config.getoption("--full"):
        pytest.skip("made with --full: a bucket's lifecycle takes a minute")
    folder = support.copy_tree(tmp_path_factory.mktemp("records") / "terraform")
    (folder / "main.tf").write_text(ROOT)
    before = inventory.take(shell, REGION)
    shell.terraform("init", "-no-color", cwd=folder)
    shell.terraform("apply", "-auto-approve", "-no-color", cwd=folder)
    yield folder
    shell.terraform("destroy", "-auto-approve", "-no-color", cwd=folder)
    assert inventory.difference(before, inventory.take(shell, REGION)) == {}


def test_a_second_plan_is_empty(shell, root):
    shell.terraform("plan", "-detailed-exitcode", "-no-color", cwd=root)


def test_cloudtrail_writes_to_a_bucket_that_lets_it(shell, root):
    trail = shell.client("cloudtrail", REGION).describe_trails()["trailList"][0]
    assert trail["IsMultiRegionTrail"] and trail["LogFileValidationEnabled"]
    policy = json.loads(shell.client("s3", REGION).get_bucket_policy(Bucket=trail["S3BucketName"])["Policy"])
    services = {service for each in policy["Statement"] if each["Effect"] == "Allow" for service in each["Principal"]["Service"]}
    assert services == {"cloudtrail.amazonaws.com", "config.amazonaws.com"}


def test_guardduty_looks(shell, root):
    client = shell.client("guardduty", REGION)
    assert [client.get_detector(DetectorId=each)["Status"] for each in client.list_detectors()["DetectorIds"]] == ["ENABLED"]


def test_config_records_into_the_bucket(shell, root):
    client = shell.client("config", REGION)
    status = client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert [each["recording"] for each in status] == [True]
    channel = client.describe_delivery_channels()["DeliveryChannels"][0]
    assert channel["s3BucketName"] == f"team-records-audit-{support.ACCOUNT}"


def test_refused_connections_are_logged(shell, root):
    log = shell.client("ec2", REGION).describe_flow_logs()["FlowLogs"][0]
    assert (log["TrafficType"], log["LogGroupName"]) == ("REJECT", "/vpc/team-records/flow")
