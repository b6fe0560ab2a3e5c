"""The policies in docs/iam/ allow the cockpit's calls, which the simulator counts."""

import fnmatch
import json
import re
import subprocess
import urllib.request

import iam
import permissions
import pytest
import support

# Calm environments, and some that require more requests.
SCENARIOS = ("staging", "prod", "pantri", "minimal", "crash-loop", "failover")
# The commands to run in each. A command that this build lacks is skipped.
COMMANDS = (("snapshot", "-o", "json"), ("doctor",), ("services",), ("tasks",), ("autoscaling",), ("db",), ("alarms",))
# Only where there are log groups.
LOGS = (("logs", "--since", "5m"),)
# The same for an operator, in staging; `--yes` confirms.
OPERATOR_COMMANDS = (
    ("scale", "web", "2", "--yes"),
    ("deploy", "web", "--force", "--yes", "--timeout", "100s"),
    ("rollback", "web", "--yes", "--timeout", "100s"),
    ("stop", "--direct", "--databases", "--yes", "--timeout", "100s"),
    ("start", "--direct", "--databases", "--yes", "--timeout", "100s"),
    ("stop", "--yes", "--timeout", "100s"),
    ("schedule", "--skip", "stop", "--yes"),
)


def environment(scenario):
    return {"crash-loop": "staging", "failover": "prod"}.get(scenario, scenario)


def counted(shell, scenario, commands, codes=None, speed=30):
    """Operations sent by the commands, as counted by the simulator; any other exit code is a failure."""
    base = {name: value for name, value in shell.environment.items() if name != "AWS_ENDPOINT_URL"} | {"HOME": str(shell.folder)}
    simulator = subprocess.Popen(
        [support.cockpit_program(), "sim", "--scenario", scenario, "--speed", str(speed)], cwd=support.ROOT, env=base, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        endpoint = json.loads(simulator.stdout.readline())["endpoint"]
        assert endpoint.startswith("http://127.0.0.1:")
        for command in commands:
            result = subprocess.run(
                [support.cockpit_program(), *command, "--env", environment(scenario)],
                cwd=support.ROOT, env=base | {"AWS_ENDPOINT_URL": endpoint}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
            )
            assert codes is None or result.returncode in codes, f"{command} in {scenario}: {result.stderr}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{endpoint}/_sim/requests", timeout=10) as answer:
            report = json.load(answer)
    finally:
        simulator.terminate()
        simulator.wait(timeout=20)
        simulator.stdout.close()
    assert report["unknown"] == 0
    # IAM and the API have different names for this one.
    return {{"lambda:Invoke": "lambda:InvokeFunction"}.get(operation, operation) for operation in report["operations"]}


@pytest.fixture(scope="module")
def reads(shell):
    return set().union(*(counted(shell, scenario, COMMANDS + (LOGS if scenario == "staging" else ()), codes=(0, 3), speed=1) for scenario in SCENARIOS))


EACH = [(name, kind) for name in permissions.environments() for kind in permissions.KINDS]


@pytest.mark.parametrize("name,kind", EACH)
def test_policy_files_match_the_table(name, kind):
    text = (permissions.DOCS / name / f"{kind}.json").read_text()
    assert text == permissions.text(name, kind), "run tests/infrastructure/permissions.py"
    # AWS does not count white space, and allows 6,144 characters.
    assert len(re.sub(r"\s", "", text)) <= 6144


def test_template_of_the_apply_role_matches_the_table():
    assert permissions.TEMPLATE.read_text() == permissions.template(), "run tests/infrastructure/permissions.py"


def policy(name, kind):
    return json.loads((permissions.DOCS / name / f"{kind}.json").read_text())


def actions(name, kind):
    return {action for statement in policy(name, kind)["Statement"] if statement["Effect"] == "Allow" for action in statement["Action"]}


@pytest.fixture(scope="module")
def source():
    """The actions in src/aws, one for each call."""
    text = "".join(path.read_text() for path in (support.ROOT / "src/aws").rglob("*.rs"))
    named = set(re.findall(r'(?:name: |action: |&str = )"([a-z0-9-]+:[A-Z][A-Za-z]+)"', text))
    assert len(named) > 15
    return named


BESIDE = {action for granted in permissions.BESIDE.values() for action in granted}


def test_granted_actions_equal_called_actions(source):
    """In both directions: a call without a permission is refused, and a permission without a call is one too many."""
    table = set(permissions.READ) | set(permissions.WRITE)
    assert source - table == set(), "called by src/aws, and not allowed: put it into the table"
    assert set(permissions.READ) - source == set(), "allowed, and called by nobody: take it out of the table"
    assert set(permissions.WRITE) - source - BESIDE == set(), "allowed, and called by nobody: take it out, or say in BESIDE who calls it"
    assert BESIDE & source == set(), "the cockpit calls it itself by now: take it out of BESIDE"


def test_simulated_cockpit_calls_only_allowed_actions(reads):
    assert reads - set(permissions.READ) == set()


def test_read_policy_allows_no_change_and_no_secret():
    for name in permissions.environments():
        for action in actions(name, "read-only"):
            verb = action.split(":")[1]
            reading = verb.startswith(("Describe", "List", "Get", "Filter", "View", "Lookup", "BatchGet", "Simulate"))
            assert reading or action in ("logs:StartLiveTail", "logs:StartQuery", "logs:StopQuery"), action
            assert not action.startswith(("ssm:GetParameter", "secretsmanager:GetSecretValue")), action


def test_operator_actions_are_allowed(shell):
    made = counted(shell, "staging", OPERATOR_COMMANDS, codes=(0,))
    # Each command has had its effect.
    assert made >= {"ecs:UpdateService", "rds:StopDBInstance", "rds:StartDBInstance", "lambda:InvokeFunction", "scheduler:UpdateSchedule"}
    assert made <= actions("staging", "operator") | actions("staging", "read-only")


def real(name):
    """The names of an environment, by action: as in config.toml and infra/terraform, written out and not derived
    from the table's patterns."""
    environment = permissions.environments()[name]
    region, account = environment["region"], environment["account"]
    found = {}

    def add(wanted, *arns, **context):
        for action in wanted:
            found.setdefault(action, []).extend((arn, context) for arn in arns)

    if "cluster" in environment:
        cluster = environment["cluster"]
        services = [f"arn:aws:ecs:{region}:{account}:service/{cluster}/{service}" for service in environment["services"]]
        add(["ecs:UpdateService", "ecs:TagResource", "ecs:UntagResource"], *services)
        add(["ecs:StopServiceDeployment"], *(f"arn:aws:ecs:{region}:{account}:service-deployment/{cluster}/{service}/abc123" for service in environment["services"]))
        add(["ecs:StopTask", "ecs:ExecuteCommand", "ssm:StartSession"], f"arn:aws:ecs:{region}:{account}:task/{cluster}/0123456789abcdef0123456789abcdef")
        add(["ecs:ExecuteCommand"], f"arn:aws:ecs:{region}:{account}:cluster/{cluster}")
        for service in environment["services"]:
            # A revision with the tags of the previous one.
            add(["ecs:TagResource"], f"arn:aws:ecs:{region}:{account}:task-definition/{service}:7", ecs__CreateAction="RegisterTaskDefinition")
        roles = {"staging": "bookmark-manager-staging", "prod": "bookmark-manager-prod", "pantri": "pantri"}[name]
        add(["iam:PassRole"], f"arn:aws:iam::{account}:role/{roles}-execution", f"arn:aws:iam::{account}:role/{roles}-task", iam__PassedToService="ecs-tasks.amazonaws.com")
        add(
            ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"], f"arn:aws:ec2:{region}:{account}:security-group/sg-0123456789abcdef0",
            aws__ResourceTag_Name=f"{roles}-alb", aws__ResourceTag_Project=environment["project"],
        )
        label = {"pantri": "production"}.get(name, name)
        add(
            [f"application-autoscaling:{each}" for each in ("RegisterScalableTarget", "PutScheduledAction", "DeleteScheduledAction", "PutScalingPolicy")], f"arn:aws:application-autoscaling:{region}:{account}:scalable-target/0ec5abc",
            aws__ResourceTag_Project=environment["project"], aws__ResourceTag_Environment=label,
        )
    images = {"minimal": ["minimal-app"]}.get(name, environment.get("services"))
    pushes = ["ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]
    add(pushes, *(f"arn:aws:ecr:{region}:{account}:repository/{image}" for image in images))
    if name == "staging":
        add(["lambda:InvokeFunction"], f"arn:aws:lambda:{region}:{account}:function:bookmark-manager-staging-ecs-scheduler")
        add(["scheduler:UpdateSchedule"], *(f"arn:aws:scheduler:{region}:{account}:schedule/default/bookmark-manager-staging-{end}" for end in ("start", "stop")))
        add(["iam:PassRole"], f"arn:aws:iam::{account}:role/bookmark-manager-staging-schedule", iam__PassedToService="scheduler.amazonaws.com")
    for database in environment.get("databases", []):
        add(["secretsmanager:GetSecretValue"], f"arn:aws:secretsmanager:{region}:{account}:secret:{database}/app-AbCdEf")
    if name in ("staging", "minimal"):
        add(["rds:StopDBInstance", "rds:StartDBInstance", "rds:RebootDBInstance", "rds:CreateDBSnapshot"], f"arn:aws:rds:{region}:{account}:db:{environment['databases'][0]}")
        add(["rds:CreateDBSnapshot"], f"arn:aws:rds:{region}:{account}:snapshot:{environment['databases'][0]}-before-migration")
    if name == "prod":
        cluster = f"arn:aws:rds:{region}:{account}:cluster:bookmark-manager-prod-aurora"
        add(["rds:StopDBCluster", "rds:StartDBCluster", "rds:FailoverDBCluster", "rds:CreateDBClusterSnapshot"], cluster)
        add(["rds:RebootDBInstance"], f"arn:aws:rds:{region}:{account}:db:bookmark-manager-prod-aurora-1")
        add(["rds:CreateDBClusterSnapshot"], f"arn:aws:rds:{region}:{account}:cluster-snapshot:bookmark-manager-prod-aurora-before-migration")
    path = {"staging": "bookmark-manager/staging", "prod": "bookmark-manager/prod", "pantri": "pantri/prod", "minimal": "minimal"}[name]
    parameters = ["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter"]
    add(parameters, *(f"arn:aws:ssm:{region}:{account}:parameter/{path}/{end}" for end in ("DATABASE_URL", "db/endpoint")))
    add(["ssm:GetParametersByPath"], f"arn:aws:ssm:{region}:{account}:parameter/{path}")
    instance = {"prod": "bookmark-manager-prod-bastion", "minimal": "minimal"}.get(name)
    if instance:
        add(
            ["ec2:StartInstances", "ec2:StopInstances", "ec2:RebootInstances", "ssm:StartSession"], f"arn:aws:ec2:{region}:{account}:instance/i-0123456789abcdef0",
            aws__ResourceTag_Name=instance, aws__ResourceTag_Project=environment["project"],
        )
    for begins in environment["alarms"]:
        mutes = ["cloudwatch:PutAlarmMuteRule", "cloudwatch:DeleteAlarmMuteRule"]
        add(mutes, *(f"arn:aws:cloudwatch:{region}:{account}:{each}{begins}cpu-high" for each in ("alarm:", "alarm-mute-rule:cockpit-mute-")))
    if name == "pantri":
        add(
            ["cloudfront:CreateInvalidation"], f"arn:aws:cloudfront::{account}:distribution/E1ABCDEFGHIJKL",
            aws__ResourceTag_Project="pantri", aws__ResourceTag_Environment="production",
        )
    return found


def asked(document, action, arn, context):
    # A tag's key contains a slash, which no Python name can.
    return iam.allows(document, action, arn, **{key.replace("aws__ResourceTag_", "aws__ResourceTag/"): value for key, value in context.items()})


NAMES = sorted(permissions.environments())


@pytest.mark.parametrize("name", NAMES)
def test_each_write_is_allowed_on_names_of_the_environment(name):
    document, environment = [policy(name, "read-only"), policy(name, "operator")], permissions.environments()[name]
    for action, about in real(name).items():
        for arn, context in about:
            assert asked(document, action, arn, context), f"{name}: {action} on {arn}"
    # Every write that the environment can need has a real name above, or has no resource.
    missing = {action for action, (_, on) in permissions.WRITE.items() if on != "*" and action in actions(name, "operator")} - set(real(name))
    assert missing <= {
        "ssm:ResumeSession", "ssm:TerminateSession",  # one's own session
        "rds:StopDBCluster", "rds:StartDBCluster", "rds:FailoverDBCluster", "rds:CreateDBClusterSnapshot",  # without an RDS cluster,
        "rds:StopDBInstance", "rds:StartDBInstance", "rds:RebootDBInstance", "rds:CreateDBSnapshot",  # … and where there is no single instance
    }, missing
    for action in permissions.READ:
        if permissions.needed(name, environment, action):
            assert iam.allows(document, action, "*", aws__RequestedRegion=environment["region"]), f"{name}: {action}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", NAMES)
def test_writes_to_other_environments_are_denied(name, other):
    """Also with a common prefix, and for an environment in the same account and region."""
    if name == other:
        pytest.skip("its own")
    document = [policy(name, "read-only"), policy(name, "operator")]
    for action, about in real(other).items():
        for arn, context in about:
            assert not asked(document, action, arn, context), f"{name} may {action} on {other}'s {arn}"


@pytest.mark.parametrize("name", NAMES)
def test_writes_to_similar_names_are_denied(name):
    document, environment = [policy(name, "read-only"), policy(name, "operator")], permissions.environments()[name]
    for action, about in real(name).items():
        for arn, context in about:
            strangers = [arn.replace(environment["account"], "999999999999")]
            for own in (environment.get("cluster"), permissions.prefix(environment)):
                if own and own in arn:
                    strangers.append(arn.replace(own, f"other-{own}"))
            for stranger in strangers:
                assert not asked(document, action, stranger, context), f"{name} may {action} on {stranger}"
            if "aws__ResourceTag_Name" in context:
                assert not asked(document, action, arn, context | {"aws__ResourceTag_Name": "someone-elses"}), f"{name} may {action} on any instance"
                assert not asked(document, action, arn, {}), f"{name} may {action} on an instance without tags"


@pytest.mark.parametrize("name", NAMES)
def test_apply_role_cannot_extend_its_own_rights(name):
    """Roles only within the boundary, passed only to the services that use them; nothing on the workflows' own roles."""
    document, environment = policy(name, "infra"), permissions.environments()[name]
    account, begins, region = environment["account"], permissions.prefix(environment), environment["region"]
    role, boundary = f"arn:aws:iam::{account}:role/{begins}-task", f"arn:aws:iam::{account}:policy/{begins}-boundary"
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"):
        assert iam.allows(document, action, role, iam__PermissionsBoundary=boundary), action
        assert not iam.allows(document, action, role), f"{action} without a boundary"
        assert not iam.allows(document, action, role, iam__PermissionsBoundary=f"arn:aws:iam::{account}:policy/other"), action
        assert not iam.allows(document, action, f"arn:aws:iam::{account}:role/{begins}-ci-apply", iam__PermissionsBoundary=boundary), action
    assert not iam.allows(document, "iam:DeleteRolePermissionsBoundary", role)
    assert iam.allows(document, "iam:PassRole", role, iam__PassedToService="ecs-tasks.amazonaws.com")
    assert not iam.allows(document, "iam:PassRole", role, iam__PassedToService="glue.amazonaws.com")
    for kind in ("plan", "apply", "deploy"):
        own = f"arn:aws:iam::{account}:role/{begins}-ci-{kind}"
        for action in ("iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DetachRolePolicy", "iam:PassRole"):
            assert not iam.allows(document, action, own, iam__PassedToService="ecs-tasks.amazonaws.com", iam__PermissionsBoundary=boundary), f"{action} on {own}"
    for action in ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy"):
        assert not iam.allows(document, action, boundary, aws__RequestedRegion=region), action
    assert iam.allows(document, "s3:PutObject", f"arn:aws:s3:::cockpit-terraform-state-{account}/{permissions.STATE_PREFIX.get(name, name)}/x/terraform.tfstate")
    assert not iam.allows(document, "s3:PutObject", f"arn:aws:s3:::cockpit-terraform-state-{account}/somebody/terraform.tfstate")
    assert not iam.allows(document, "s3:DeleteBucket", f"arn:aws:s3:::cockpit-terraform-state-{account}")


# Services whose action prefix differs from their resource names in Terraform.
SERVICES = {
    "appautoscaling": "application-autoscaling", "lb": "elasticloadbalancing", "alb": "elasticloadbalancing", "db": "rds", "cognito": "cognito-idp",
    "vpc": "ec2", "subnet": "ec2", "route": "ec2", "internet": "ec2", "nat": "ec2", "eip": "ec2", "security": "ec2", "default": "ec2", "flow": "ec2",
    "instance": "ec2", "launch": "ec2", "ec2": "ec2", "wafv2": "wafv2", "service": "servicediscovery", "kinesis": "firehose",
}


def test_infra_policy_covers_every_declared_service():
    """Every kind of resource in the tree belongs to a service of the policy."""
    kinds = set()
    for path in support.TERRAFORM_TREE.rglob("*.tf"):
        if ".terraform" not in path.parts and ".terragrunt-cache" not in path.parts:
            kinds |= {line.split('"')[1] for line in path.read_text().splitlines() if line.startswith('resource "aws_')}
    allowed = actions("staging", "infra")
    bootstrap = {"aws_iam_openid_connect_provider", "aws_iam_policy"}  # created once by a person
    for kind in kinds:
        if kind in bootstrap:
            continue
        first = kind.split("_")[1]
        service = "logs" if kind.startswith("aws_cloudwatch_log") else "route53" if first == "route53" else SERVICES.get(first, first)
        assert any(fnmatch.fnmatch(f"{service}:Create", action) or action.startswith(f"{service}:Create") for action in allowed), f"{kind}: {service}"
