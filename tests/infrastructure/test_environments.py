"""Each environment on the emulator: planned, applied completely, planned again with nothing to do, destroyed.

The steps are in `environments.py` (they run when the fixture `applied` is first requested and when it ends); this file
checks the state in between.
"""

import base64
import json
import os
import re
import subprocess
import tomllib

import cost
import iam
import pytest
import specification
import support


def test_plan_has_every_figure_of_the_specification(applied):
    rows = specification.FIGURES[applied.environment.name]
    assert len(rows) > 10
    assert specification.mistakes(rows, applied.values()) == []
    assert specification.rows_that_check_nothing(rows, applied.values()) == []


def test_second_plan_is_empty(applied, request):
    empty, printed = applied.empty or request.getfixturevalue("changed_outside")
    changed = [line for line in printed.splitlines() if " will be " in line or " must be " in line]
    assert empty, "\n".join(changed) or printed[-3000:]


def test_names_match_the_configuration(applied):
    """The names in the cockpit's config.toml are those of the applied resources."""
    if applied.environment.cockpit is None:
        pytest.skip("not in config.toml")
    wanted = tomllib.loads((support.ROOT / "config.toml").read_text())["environments"][applied.environment.cockpit]
    region = applied.environment.region
    assert wanted["region"] == region
    client = applied.shell.client
    assert wanted["account"] == client("sts", region).get_caller_identity()["Account"] == support.ACCOUNT
    if "cluster" in wanted:
        arns = client("ecs", region).list_services(cluster=wanted["cluster"])["serviceArns"]
        assert sorted(arn.split("/")[-1] for arn in arns) == sorted(wanted["services"])
    rds = client("rds", region)
    databases = {each["DBClusterIdentifier"] for each in rds.describe_db_clusters()["DBClusters"]}
    databases |= {each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]}
    assert set(wanted.get("databases", [])) <= databases
    alarms = [each["AlarmName"] for each in client("cloudwatch", region).describe_alarms()["MetricAlarms"]]
    alarms = [name for name in alarms if not name.startswith("TargetTracking-")]  # created by autoscaling itself
    assert alarms and all(name.startswith(tuple(wanted["alarms"])) for name in alarms)


def secrets_of(applied):
    """Every secret value in the account now: parameters and secrets, as read by someone with permission."""
    region = applied.environment.region
    ssm, manager = applied.shell.client("ssm", region), applied.shell.client("secretsmanager", region)
    values = {}
    for page in ssm.get_paginator("describe_parameters").paginate():
        for each in page["Parameters"]:
            if each["Type"] == "SecureString":
                values[each["Name"]] = ssm.get_parameter(Name=each["Name"], WithDecryption=True)["Parameter"]["Value"]
    for each in manager.list_secrets()["SecretList"]:
        values[each["Name"]] = manager.get_secret_value(SecretId=each["ARN"])["SecretString"]
    return values


def running(ecs, cluster, service):
    """The revision that a service runs, with its tags."""
    arn = ecs.describe_services(cluster=cluster, services=[service])["services"][0]["taskDefinition"]
    return ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])["taskDefinition"]


def image_of(ecs, cluster, service):
    return running(ecs, cluster, service)["containerDefinitions"][0]["image"]


def deploy(ecs, cluster, service, tag):
    """Deploys another image like the cockpit, the workflow and the documents: the running revision with that image."""
    definition = running(ecs, cluster, service)
    keys = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "requiresCompatibilities", "cpu", "memory", "runtimePlatform")
    next_one = {key: definition[key] for key in keys if key in definition}
    next_one["containerDefinitions"][0]["image"] = next_one["containerDefinitions"][0]["image"].split(":")[0] + f":{tag}"
    arn = ecs.register_task_definition(**next_one)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=cluster, service=service, taskDefinition=arn)
    return arn


@pytest.fixture(scope="module")
def changed_outside(applied):
    """Makes the changes of people and the scheduler, and plans with them: secrets are set, another image is deployed, services are
    stopped and remembered."""
    region = applied.environment.region
    ssm, ecs = applied.shell.client("ssm", region), applied.shell.client("ecs", region)
    for name in [name for name, value in secrets_of(applied).items() if value == "not-set-yet"]:
        ssm.put_parameter(Name=name, Value=f"known-test-secret-{name.split('/')[-1]}", Type="SecureString", Overwrite=True)
    there = [(cluster, arn) for cluster in ecs.list_clusters()["clusterArns"] for arn in ecs.list_services(cluster=cluster)["serviceArns"]]
    known = {arn: ecs.describe_services(cluster=cluster, services=[arn])["services"][0] for cluster, arn in there}
    # The emulator keeps listing services of a previously destroyed environment.
    found = [(cluster, arn) for cluster, arn in there if known[arn]["status"] == "ACTIVE"]
    before = {arn: known[arn]["desiredCount"] for _, arn in found}
    for cluster, arn in found:
        deploy(ecs, cluster, arn.split("/")[-1], "deployed")
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "cockpit:desired-count", "value": str(before[arn])}])
        ecs.update_service(cluster=cluster, service=arn, desiredCount=0)
    result = applied.plan_again()
    for cluster, arn in found:
        ecs.update_service(cluster=cluster, service=arn, desiredCount=before[arn])
        ecs.untag_resource(resourceArn=arn, tagKeys=["cockpit:desired-count"])
    return result


def test_changes_made_outside_terraform_are_no_difference(changed_outside):
    """Secrets set by people; deployed images; counts and tags of services stopped by the scheduler or the cockpit."""
    empty, printed = changed_outside
    assert empty, printed[-3000:]


def test_states_and_plans_contain_no_secret(applied, changed_outside):
    secrets = secrets_of(applied)
    assert "not-set-yet" not in secrets.values()
    assert len(secrets) >= (1 if applied.environment.workspace else 3)
    wanted = dict(secrets)
    for value in list(wanted.values()):
        if value.startswith("postgresql://"):
            wanted["the password in DATABASE_URL"] = value.split("//")[1].split("@")[0].split(":")[1]
    files = applied.files_with_state()
    assert len(files) > 2
    contents = {str(path): support.bytes_of(path) for path in files} | {"printed": "\n".join(applied.printed).encode()}
    contents["plans as JSON"] = json.dumps(applied.plans).encode()
    # The search itself works: it finds the secrets' names.
    assert all(any(name.encode() in data for data in contents.values()) for name in secrets)
    leaks = []
    for what, value in wanted.items():
        shapes = {value.encode(), base64.b64encode(value.encode()), json.dumps(value)[1:-1].encode()}
        leaks += [f"{what} in {where}" for where, data in contents.items() if any(shape in data for shape in shapes)]
    assert leaks == []


def test_application_gets_the_database_password(applied):
    """Three places, one password, though no plan contains it."""
    secrets = secrets_of(applied)
    password = [value for name, value in secrets.items() if name.endswith("-database")]
    if not password:
        pytest.skip("no database")
    assert len(password[0]) == 32 and password[0].isalnum()
    urls = [value for name, value in secrets.items() if name.endswith("DATABASE_URL")]
    assert urls and all(f":{password[0]}@" in url for url in urls)


def test_web_gets_the_internal_address_of_api(applied):
    """Not through the load balancer, which admits only readers and counts requests for the firewall."""
    name = applied.environment.name
    if name not in ("staging", "prod"):
        pytest.skip("one service only")
    ecs = applied.shell.client("ecs", applied.environment.region)
    prefix = f"bookmark-manager-{name}"
    variables = {each["name"]: each["value"] for each in running(ecs, f"{prefix}-cluster", f"{prefix}-web")["containerDefinitions"][0]["environment"]}
    assert variables["API_URL"] == f"http://api.{prefix}.internal:4000"
    registry = ecs.describe_services(cluster=f"{prefix}-cluster", services=[f"{prefix}-api"])["services"][0]["serviceRegistries"]
    found = {each["Arn"]: each["Name"] for each in applied.shell.client("servicediscovery", applied.environment.region).list_services()["Services"]}
    assert [found[each["registryArn"]] for each in registry] == ["api"]
    secrets = {each["name"] for each in running(ecs, f"{prefix}-cluster", f"{prefix}-web")["containerDefinitions"][0]["secrets"]}
    assert "DATABASE_URL" in secrets


def inbound_sources(applied):
    """The allowed sources of each security group in the environment's networks, as AWS has them."""
    ec2 = applied.shell.client("ec2", applied.environment.region)
    networks = [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if each["VpcId"] not in applied.before["vpc"]]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": networks}])["SecurityGroups"]
    prefix = os.path.commonprefix([each["GroupName"] for each in groups if each["GroupName"] != "default"])
    prefix = prefix[: prefix.rindex("-") + 1]
    names = {each["GroupId"]: each["GroupName"].removeprefix(prefix) for each in groups}
    lists = {each["PrefixListId"]: each["PrefixListName"] for each in ec2.describe_managed_prefix_lists()["PrefixLists"]}
    found = {}
    for group in groups:
        whom = found.setdefault(names[group["GroupId"]], set())
        for rule in group["IpPermissions"]:
            ports = rule.get("FromPort"), rule.get("ToPort")
            whom |= {(*ports, names[each["GroupId"]]) for each in rule["UserIdGroupPairs"]}
            whom |= {(*ports, each["CidrIp"]) for each in rule["IpRanges"]} | {(*ports, each["CidrIpv6"]) for each in rule["Ipv6Ranges"]}
            whom |= {(*ports, lists[each["PrefixListId"]]) for each in rule["PrefixListIds"]}
    return found, {name: group for group, name in names.items()}


def test_only_listed_addresses_are_allowed(applied):
    """Every rule of every group, whatever its name in Terraform."""
    wanted = specification.COMING_IN[applied.environment.name]
    found, groups = inbound_sources(applied)
    assert found == wanted
    # The check finds an added rule in each of them.
    ec2 = applied.shell.client("ec2", applied.environment.region)
    for name, group in groups.items():
        rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.7/32"}]}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
        assert inbound_sources(applied)[0] == wanted | {name: wanted[name] | {(22, 22, "198.51.100.7/32")}}
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rule)
    assert inbound_sources(applied)[0] == wanted


def role_policies(applied, name):
    """All permissions of a role, as AWS has them."""
    client = applied.shell.client("iam", applied.environment.region)
    assert client.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == [], "AWS's own policies grant more than is needed here"
    return [client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in client.list_role_policies(RoleName=name)["PolicyNames"]]


def test_roles_are_limited_to_their_environment(applied):
    """Parameters and repositories of the environment, users of its pool; none of another environment, and no call on everything."""
    name, region = applied.environment.name, applied.environment.region
    prefix, path = {
        "staging": ("bookmark-manager-staging", "bookmark-manager/staging"), "prod": ("bookmark-manager-prod", "bookmark-manager/prod"),
        "pantri-dev": ("pantri-dev", "pantri/dev"), "pantri-prod": ("pantri", "pantri/prod"),
    }.get(name, ("minimal", "minimal"))
    here = f"{region}:{support.ACCOUNT}"
    parameter, repository = f"arn:aws:ssm:{here}:parameter/", f"arn:aws:ecr:{here}:repository/"
    if name.startswith("minimal"):
        starts, reads, key, image = "instance", "ssm:GetParametersByPath", "DATABASE_URL", "minimal-app"
    else:
        starts, reads, key = "execution", "ssm:GetParameters", "DD_API_KEY" if name.startswith("pantri") else "DATABASE_URL"
        image = f"{prefix}-service" if name.startswith("pantri") else f"{prefix}-api"
    starting = role_policies(applied, f"{prefix}-{starts}")
    assert iam.allows(starting, reads, f"{parameter}{path}/{key}")
    assert iam.allows(starting, "ecr:BatchGetImage", repository + image)
    for stranger in ("somebody/else/DATABASE_URL", f"{path}-else/{key}", key):
        assert not iam.allows(starting, reads, parameter + stranger), stranger
    assert not iam.allows(starting, "ecr:BatchGetImage", f"{repository}somebody-else")
    roles = [starts] + ([] if starts == "instance" else ["task"]) + (["bastion"] if name == "prod" else [])
    for role in roles:
        may = role_policies(applied, f"{prefix}-{role}")
        for action in ("ssm:PutParameter", "secretsmanager:GetSecretValue", "iam:PassRole", "ssm:StartSession", "ssm:SendCommand", "s3:GetObject", "ssm:GetParameter"):
            assert not iam.allows(may, action, "*"), f"{role}: {action}"
    if name.startswith("pantri"):
        [pool] = applied.shell.client("cognito-idp", region).list_user_pools(MaxResults=10)["UserPools"]
        users = f"arn:aws:cognito-idp:{here}:userpool/"
        may = role_policies(applied, f"{prefix}-task")
        for action in ("AdminGetUser", "AdminUpdateUserAttributes", "ListUsers"):
            assert iam.allows(may, f"cognito-idp:{action}", users + pool["Id"]), action
            assert not iam.allows(may, f"cognito-idp:{action}", f"{users}{region}_somebody"), action
        for action in ("AdminCreateUser", "AdminDeleteUser", "DeleteUserPool", "AdminSetUserPassword"):
            assert not iam.allows(may, f"cognito-idp:{action}", users + pool["Id"]), action


def test_services_get_agents_and_error_reporting(applied):
    """Datadog's agent beside each service, with its key; the error reporting address as a parameter."""
    wanted = {"prod": ("bookmark-manager-prod-cluster", True), "pantri-prod": ("pantri", False), "pantri-dev": ("pantri-dev", False)}
    if applied.environment.name not in wanted:
        pytest.skip("no agent")
    cluster, sentry = wanted[applied.environment.name]
    ecs = applied.shell.client("ecs", applied.environment.region)
    services = [arn.split("/")[-1] for arn in ecs.list_services(cluster=cluster)["serviceArns"]]
    assert services
    for service in services:
        application, agent = running(ecs, cluster, service)["containerDefinitions"]
        assert agent["name"] == "datadog-agent" and [each["name"] for each in agent["secrets"]] == ["DD_API_KEY"]
        assert agent["essential"] is False, "the application goes on without it"
        assert ("SENTRY_DSN" in {each["name"] for each in application.get("secrets", [])}) == sentry


def origins(values):
    """Names that a distribution's origins resolve to, through the records of the plan, up to the first without a record."""
    # A name assigned by AWS is not known yet, and does not belong to the domain.
    aliases = [each for address, each in values.items() if ".aws_route53_record." in f".{address}" and each.get("alias") and each.get("name")]
    records = {each["name"].rstrip("."): each["alias"][0].get("name") for each in aliases}
    for address, each in values.items():
        if ".aws_cloudfront_distribution." in f".{address}":
            for origin in each["origin"]:
                seen = [origin.get("domain_name")]
                while seen[-1] in records:
                    seen.append(records[seen[-1]])
                    assert seen.count(seen[-1]) == 1, f"a loop of names: {seen}"
                yield set(each.get("aliases") or []), seen


def self_referencing_origins(values):
    return [names for aliases, names in origins(values) if aliases & set(names)]


def test_no_distribution_is_its_own_origin(applied):
    for unit, values in applied.values().items():
        assert self_referencing_origins(values) == [], unit


def test_distribution_that_is_its_own_origin_is_detected():
    """No environment here has both a domain and CloudFront, so the check is given examples."""
    def values(origin, leads_to):
        return {
            "module.edge.aws_cloudfront_distribution.this[0]": {"aliases": ["example.com"], "origin": [{"domain_name": origin}]},
            "module.edge.aws_route53_record.origin[0]": {"name": "origin.example.com", "alias": [{"name": leads_to}]},
        }

    assert self_referencing_origins(values("origin.example.com", "x.elb.amazonaws.com")) == []
    assert self_referencing_origins(values("example.com", "x.elb.amazonaws.com")) == [["example.com"]]
    assert self_referencing_origins(values("origin.example.com", "example.com")) == [["origin.example.com", "example.com"]]
    with pytest.raises(AssertionError, match="a loop of names"):
        self_referencing_origins(values("origin.example.com", "origin.example.com"))


def test_schedule_calls_the_function(applied):
    """EventBridge Scheduler → function → cluster, as AWS has it."""
    region = applied.environment.region
    scheduler = applied.shell.client("scheduler", region)
    schedules = {each["Name"]: scheduler.get_schedule(Name=each["Name"]) for each in scheduler.list_schedules()["Schedules"]}
    if applied.environment.name != "staging":
        assert schedules == {}
        return
    assert sorted(schedules) == ["bookmark-manager-staging-start", "bookmark-manager-staging-stop"]
    function = applied.shell.client("lambda", region).get_function(FunctionName="bookmark-manager-staging-ecs-scheduler")
    for name, schedule in schedules.items():
        assert schedule["Target"]["Arn"] == function["Configuration"]["FunctionArn"]
        assert json.loads(schedule["Target"]["Input"]) == {"action": name.split("-")[-1]}
        assert schedule["ScheduleExpressionTimezone"] == "Asia/Tokyo"
    assert function["Configuration"]["Environment"]["Variables"] == {"CLUSTER": "bookmark-manager-staging-cluster"}
    assert function["Configuration"]["Handler"] == "index.handler"


def test_cost_is_close_to_the_documented_cost(applied):
    """From the plan's sizes at list prices; traffic, logs and agents are not included."""
    values, region = applied.values(), applied.environment.region
    calm, peak = cost.estimate(values, region), cost.estimate(values, region, peak=True)
    assert 0 < calm <= peak
    # A calm month must raise no alarm: the budget notifies at 80 %.
    budgets = [each for unit in values.values() for address, each in unit.items() if "aws_budgets_budget" in address]
    assert len(budgets) == 1
    assert calm < 0.8 * float(budgets[0]["limit_amount"]), f"a calm month is estimated at ${calm:.0f}, the budget is ${budgets[0]['limit_amount']}"
    # The documents of staging and prod have figures; at the peak, everything that scales would run all month.
    documented = {"staging": (60, 90), "prod": (190.5, 620.5)}.get(applied.environment.name)
    if documented:
        assert documented[0] / 2 < calm < documented[1] * 1.5


# Under their documented names too, in the units where an operator looks for them.
COMPUTE = ["load_balancer_dns_name", "alb_dns_name", "website_url"]
PANTRI = [*COMPUTE, "cloudfront_domain_name", "repository_url", "user_pool_id", "static_bucket_name"]
OUTPUTS = {
    "staging": {"compute": [*COMPUTE, "scheduler_function_name"], "database": ["endpoint", "db_endpoint"], "ecr": ["repository_urls"]},
    "prod": {
        "compute": [*COMPUTE, "name_servers", "certificate_status", "acm_certificate_arn", "domain_name", "route53_zone_name_servers"],
        "database": ["endpoint", "db_endpoint", "reader_endpoint"],
    },
    "pantri-dev": {"pantri": PANTRI},
    "pantri-prod": {"pantri": PANTRI},
    "minimal-1": {"instance": ["website_url", "instance_id", "image_parameter", "deploy_document"], "database": ["endpoint", "db_endpoint"]},
    "minimal-2": {
        "instance": ["website_url", "load_balancer_dns_name", "alb_dns_name", "autoscaling_group_name", "acm_certificate_arn", "domain_name", "route53_zone_name_servers"],
        "database": ["endpoint", "db_endpoint", "reader_endpoint"],
    },
}
# Documented, and null if the environment has no domain.
NAMES = {"compute": ["acm_certificate_arn", "domain_name", "route53_zone_name_servers"], "pantri": ["acm_certificate_arn", "domain_name", "route53_zone_name_servers"]}


def test_needed_outputs_exist(applied):
    outputs = applied.outputs(OUTPUTS[applied.environment.name])
    for unit, names in OUTPUTS[applied.environment.name].items():
        for name in names:
            assert outputs[unit][name]["value"] not in (None, "", [], {}), f"{unit}.{name}"
    # Terraform omits an output that is null; its declaration is checked in the module.
    for unit, names in NAMES.items():
        if unit in outputs:
            folder = support.TERRAFORM_TREE / ("pantri" if unit == "pantri" else f"modules/{unit}")
            assert {*names, "alb_dns_name"} <= set(re.findall(r'^output "(\w+)"', (folder / "outputs.tf").read_text(), re.M))


def test_cockpit_shows_the_applied_resources(applied):
    """`cockpit snapshot` against the emulator; moto answers some sources wrongly, so that 3 (partial) is expected."""
    name = applied.environment.cockpit
    if name is None:
        pytest.skip("not in config.toml")
    shell = applied.shell
    result = subprocess.run(
        [support.cockpit_program(), "snapshot", "--env", name, "-o", "json"],
        cwd=support.ROOT,
        env=shell.environment | {"HOME": str(shell.folder), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode in (0, 3), result.stderr
    snapshot = json.loads(result.stdout)
    assert snapshot["account"] == support.ACCOUNT
    wanted = tomllib.loads((support.ROOT / "config.toml").read_text())["environments"][name]
    shown = {service["name"]: service for service in snapshot["services"] or []}
    assert sorted(shown) == sorted(wanted.get("services", []))
    values = applied.values()
    for service in shown.values():
        assert service["task_definition"].startswith(service["name"])
        planned = [each for unit in values.values() for address, each in unit.items() if "aws_ecs_service" in address and each["name"] == service["name"]]
        assert service["desired"] == planned[0]["desired_count"]
        targets = [each for unit in values.values() for address, each in unit.items() if "aws_appautoscaling_target" in address]
        if targets:
            assert (service["autoscaling"]["min"], service["autoscaling"]["max"]) == (targets[0]["min_capacity"], targets[0]["max_capacity"])
    databases = {database["id"]: database for database in snapshot["databases"] or []}
    assert set(wanted.get("databases", [])) <= set(databases)
    if name == "prod":
        aurora = databases["bookmark-manager-prod-aurora"]
        assert (aurora["kind"], len(aurora["members"])) == ("aurora", 2)


def test_code_change_reaches_the_service_and_keeps_the_deployed_image(applied, changed_outside, request):
    """Another size is applied to the running service and keeps the deployed image; another tag in the code replaces that image; a
    later deployment is kept again."""
    if applied.environment.name != "staging" or not request.config.getoption("--full"):
        pytest.skip("staging only, with --full")
    ecs = applied.shell.client("ecs", applied.environment.region)
    cluster, service = "bookmark-manager-staging-cluster", "bookmark-manager-staging-web"
    values, unit = applied.folder / "env.hcl", applied.folder / "compute"

    def apply(old, new):
        assert values.read_text().count(old) >= 1, old
        values.write_text(values.read_text().replace(old, new, 1))
        applied.tell(applied.shell.terragrunt("run", "--", "apply", "-input=false", "-auto-approve", cwd=unit))
        again = applied.shell.terragrunt("run", "--", "plan", "-input=false", "-detailed-exitcode", cwd=unit)
        assert "No changes" in again.stdout

    assert image_of(ecs, cluster, service).endswith(":deployed")
    apply("memory            = 512", "memory            = 1024")
    after = running(ecs, cluster, service)
    assert (after["memory"], after["containerDefinitions"][0]["image"].split(":")[-1]) == ("1024", "deployed")

    apply('image_tag = "latest"', 'image_tag = "v2"')
    assert image_of(ecs, cluster, service).endswith(":v2")

    arn = deploy(ecs, cluster, service, "v3")
    assert "No changes" in applied.shell.terragrunt("run", "--", "plan", "-input=false", "-detailed-exitcode", cwd=unit).stdout
    # A forced new deployment starts the tag's current image: the revision is the same.
    ecs.update_service(cluster=cluster, service=service, forceNewDeployment=True)
    assert running(ecs, cluster, service)["taskDefinitionArn"] == arn
