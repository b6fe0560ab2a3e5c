"""Features that are off by default: CloudTrail, GuardDuty, Config, flow logs, a copy of the logs to Datadog, anomaly alarms;
created and destroyed on the emulator."""

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
  max_retries                 = 2
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

resource "aws_cloudwatch_log_group" "service" {
  name = "/ecs/team-records-web"
}

module "undelivered" {
  source        = "./modules/storage"
  name_prefix   = "team-records"
  purpose       = "logs"
  force_destroy = true
}

module "datadog_logs" {
  source             = "./modules/datadog_logs"
  name_prefix        = "team-records"
  environment        = "records"
  log_groups         = { web = aws_cloudwatch_log_group.service.name }
  api_key_secret_arn = "SECRET"
  undelivered        = { bucket_arn = module.undelivered.bucket_arn }
  log_retention_days = 7
}

module "monitoring" {
  source         = "./modules/monitoring"
  name_prefix    = "team-records"
  parameter_path = "/team/records"
  anomalies      = { load_balancer = "app/team-records-alb/0123456789abcdef" }
}
"""
REGION = "ap-northeast-1"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def root(shell, tmp_path_factory, request):
    if not request.config.getoption("--full"):
        pytest.skip("made with --full: a bucket's lifecycle takes a minute")
    folder = support.copy_tree(tmp_path_factory.mktemp("records") / "terraform")
    # Somebody must create Datadog's key beforehand.
    manager = shell.client("secretsmanager", REGION)
    secret = manager.create_secret(Name="team-records-datadog", SecretString=json.dumps({"api_key": KEY}))["ARN"]
    (folder / "main.tf").write_text(ROOT.replace("SECRET", secret))
    before = inventory.take(shell, REGION)
    shell.terraform("init", "-no-color", cwd=folder)
    shell.terraform("apply", "-auto-approve", "-no-color", cwd=folder)
    yield folder
    shell.terraform("destroy", "-auto-approve", "-no-color", cwd=folder)
    assert inventory.difference(before, inventory.take(shell, REGION)) == {}
    manager.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


def test_second_plan_is_empty(shell, root):
    shell.terraform("plan", "-detailed-exitcode", "-no-color", cwd=root)


def test_cloudtrail_may_write_to_its_bucket(shell, root):
    trail = shell.client("cloudtrail", REGION).describe_trails()["trailList"][0]
    assert trail["IsMultiRegionTrail"] and trail["LogFileValidationEnabled"]
    policy = json.loads(shell.client("s3", REGION).get_bucket_policy(Bucket=trail["S3BucketName"])["Policy"])
    services = {service for each in policy["Statement"] if each["Effect"] == "Allow" for service in each["Principal"]["Service"]}
    assert services == {"cloudtrail.amazonaws.com", "config.amazonaws.com"}


def test_guardduty_is_enabled(shell, root):
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
    # The emulator returns only the ARN of the group.
    assert log["TrafficType"] == "REJECT" and log["LogDestination"].endswith(":log-group:/vpc/team-records/flow")


def test_log_lines_stay_where_they_are_and_a_copy_goes_to_datadog(shell, root):
    logs, firehose = shell.client("logs", REGION), shell.client("firehose", REGION)
    [filters] = [logs.describe_subscription_filters(logGroupName="/ecs/team-records-web")["subscriptionFilters"]]
    stream = firehose.describe_delivery_stream(DeliveryStreamName="team-records-datadog-logs")["DeliveryStreamDescription"]
    assert [(each["destinationArn"], each["filterPattern"]) for each in filters] == [(stream["DeliveryStreamARN"], "")]
    sent = stream["Destinations"][0]["HttpEndpointDestinationDescription"]
    assert sent["EndpointConfiguration"]["Url"].startswith("https://aws-kinesis-http-intake.logs.datadoghq.com/")
    assert sent["SecretsManagerConfiguration"]["Enabled"] and "team-records-datadog" in sent["SecretsManagerConfiguration"]["SecretARN"]
    # The key is in the secret, and in nothing that Terraform writes.
    assert not any(KEY.encode() in support.bytes_of(path) for path in root.rglob("*.tfstate*"))


def test_anomalies_raise_alarms(shell, root):
    alarms = {each["AlarmName"]: each for each in shell.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]}
    for name in ("requests", "response-time", "5xx"):
        alarm = alarms[f"team-records-{name}-unusual"]
        assert alarm["ThresholdMetricId"] == "band" and len(alarm["Metrics"]) == 2
