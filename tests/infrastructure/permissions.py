"""The policies in docs/iam/, generated from the single list of AWS actions that the cockpit needs.

    python tests/infrastructure/permissions.py     writes docs/iam/ENVIRONMENT/*.json, and the template of module ci

One policy of each kind for each environment of config.toml, with that environment's real names: a grant for staging
does not affect prod. `test_cockpit_permissions.py` compares the table with the calls in `src/aws`, in both
directions, and each policy with the names of each environment.
"""

import json
import pathlib
import re
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "iam"
TEMPLATE = ROOT / "infra/terraform/modules/ci/infra.json.tftpl"

# The single list of actions, which `cockpit doctor --policy` uses as well: the purpose of each, the configuration that needs
# it (any of these; an empty list means always), and for a change the affected resource.
TABLE = json.loads((ROOT / "src/commands/doctor/actions.json").read_text())
# Reads, as named in `src/aws`: their purpose.
READ = {row["action"]: row["for"] for row in TABLE["read"]}
# Changes: action → (purpose, affected resource). Each is either called by `src/aws`, or in BESIDE.
WRITE = {row["action"]: (row["for"], row["on"]) for row in TABLE["write"]}
# What an environment must have for an action to be needed.
NEEDS = {row["action"]: row["needs"] for kind in TABLE.values() for row in kind}

# Granted although no code in `src/aws` calls it: the caller. A row is removed when the cockpit makes the call itself.
BESIDE = {
    "docker push, with the password that the cockpit gets": (
        "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage",
    ),
    "AWS itself, when a revision or a schedule names a role": ("iam:PassRole",),
    "the operator by hand or by the AWS CLI: parameters": (
        "ssm:GetParameters", "ssm:GetParametersByPath",
    ),
}

# Names in infra/terraform that config.toml lacks: parameters, repositories, whether there is a CDN.
BEYOND = {
    "staging": {"path": "bookmark-manager/staging"},
    "prod": {"path": "bookmark-manager/prod", "instance": "bookmark-manager-prod-bastion"},
    "pantri": {"path": "pantri/prod", "cdn": True, "label": "production"},
    "minimal": {"path": "minimal", "instance": "minimal", "repositories": ["minimal-app"]},
}


def environments():
    """The environments in AWS: one may consist only of infrastructure as code."""
    found = tomllib.loads((ROOT / "config.toml").read_text())["environments"]
    return {name: environment for name, environment in found.items() if "account" in environment}


def prefix(environment):
    """The prefix of all names in an environment: `alarms` is this plus a hyphen."""
    return environment["alarms"][0].removesuffix("-")


def repositories(name, environment):
    """The image repositories: each has the name of its service."""
    return BEYOND[name].get("repositories", environment.get("services", []))


def resources(name, environment):
    """ARNs by kind, with the environment's own names; a kind that it lacks is missing."""
    region, account = environment["region"], environment["account"]
    cluster, begins = environment.get("cluster"), prefix(environment)

    def arn(service, rest, where=region, owner=account):
        return f"arn:aws:{service}:{where}:{owner}:{rest}"

    made = {"*": ["*"]}
    if cluster:
        made |= {
            "service": [arn("ecs", f"service/{cluster}/*")],
            "service-deployment": [arn("ecs", f"service-deployment/{cluster}/*")],
            "task": [arn("ecs", f"task/{cluster}/*")],
            "task-and-cluster": [arn("ecs", f"task/{cluster}/*"), arn("ecs", f"cluster/{cluster}")],
            "target": [arn("application-autoscaling", "scalable-target/*")],
            "role": [arn("iam", f"role/{begins}-{end}", "") for end in ("execution", "task")],
        }
    made["repository"] = [arn("ecr", f"repository/{each}") for each in repositories(name, environment)]
    if environment.get("scheduler"):
        made["function"] = [arn("lambda", f"function:{environment['scheduler']}")]
        made["schedule"] = [arn("scheduler", f"schedule/default/{environment['schedules']}*")]
        made["role"].append(arn("iam", f"role/{begins}-schedule", ""))
    if environment.get("alarms"):
        # The cockpit's own rules, and the alarms that they mute.
        made["alarm"] = [arn("cloudwatch", f"alarm-mute-rule:cockpit-mute-{each}*") for each in environment["alarms"]]
        made["alarm"] += [arn("cloudwatch", f"alarm:{each}*") for each in environment["alarms"]]
    databases = environment.get("databases", [])
    if databases:
        # An Aurora instance is named after its cluster with a number; a replica after its writer.
        of_rds = [arn("rds", f"db:{each}{end}") for each in databases for end in ("", "-*")]
        clusters = [arn("rds", f"cluster:{each}") for each in databases]
        made |= {
            "instance-of-rds": of_rds,
            "cluster-of-rds": clusters,
            "snapshot": of_rds + [arn("rds", f"snapshot:{each}-*") for each in databases],
            "secret": [arn("secretsmanager", f"secret:{each}/*") for each in databases],
            "cluster-snapshot": clusters + [arn("rds", f"cluster-snapshot:{each}-*") for each in databases],
        }
    made["parameter"] = [arn("ssm", f"parameter/{BEYOND[name]['path']}"), arn("ssm", f"parameter/{BEYOND[name]['path']}/*")]
    if cluster or BEYOND[name].get("instance"):
        made["session"] = [arn("ssm", f"document/{each}", owner="") for each in ("AWS-StartPortForwardingSession", "AWS-StartPortForwardingSessionToRemoteHost")]
        made["session"] += [arn("ssm", "document/SSM-SessionManagerRunShell")]
        if BEYOND[name].get("instance"):
            made["session"] += [arn("ssm", "document/AWS-StartInteractiveCommand", owner="")]
        made["session"] += [arn("ecs", f"task/{cluster}/*")] if cluster else []
        # Sessions of ECS Exec have other names, whoever opened them.
        made["own-session"] = [arn("ssm", f"session/{each}-*") for each in ("${aws:userid}", *(["ecs-execute-command"] if cluster else []))]
    if BEYOND[name].get("instance"):
        made["instance"] = [arn("ec2", "instance/*")]
    if cluster:
        made["security-group"] = [arn("ec2", "security-group/*")]
    if BEYOND[name].get("cdn"):
        made["distribution"] = [arn("cloudfront", "distribution/*", "")]
    return made


def conditions(name, environment, kind):
    """For resources without a name in their ARN: the tags set by Terraform."""
    tags = {"aws:ResourceTag/Project": environment["project"]}
    labelled = tags | {"aws:ResourceTag/Environment": BEYOND[name].get("label", name)}
    return {
        "instance": {"StringEquals": {**tags, "aws:ResourceTag/Name": BEYOND[name].get("instance")}},
        "distribution": {"StringEquals": labelled},
        "security-group": {"StringEquals": {**tags, "aws:ResourceTag/Name": f"{prefix(environment)}-alb"}},
        "target": {"StringEquals": labelled},
        "role": {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"]}},
    }.get(kind)


def statement(sid, actions, where, condition=None):
    made = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": where if len(where) > 1 else where[0]}
    return made | ({"Condition": condition} if condition else {})


def needed(name, environment, action):
    """Whether the environment has the resources of an action: one without a cluster needs nothing of ECS."""
    wanted = NEEDS[action]
    has = {"repositories": bool(repositories(name, environment))}
    return not wanted or any(has.get(each, environment.get(each)) for each in wanted)


def read_only(name, environment):
    # Cost Explorer uses one region for all.
    reads = [action for action in READ if needed(name, environment, action) and action.split(":")[0] not in ("sts", "ce")]
    costs = [action for action in READ if action.startswith("ce:")]
    # The doctor requests names that do not exist to test the permission, so the bound is the region.
    # IAM has no region either; the apply policy grants only its own roles.
    everywhere = [action for action in reads if action.split(":")[0] in (*GLOBAL_SERVICES, "iam")]
    here = [action for action in reads if action not in everywhere]
    return [
        statement("Who", ["sts:GetCallerIdentity"], ["*"]),
        statement("Read", here, ["*"], {"StringEquals": {"aws:RequestedRegion": environment["region"]}}),
        # These have no region.
        statement("Everywhere", everywhere, ["*"]),
        statement("Costs", costs, ["*"]),
    ]


def operator(name, environment):
    """Only the changes: it is attached beside read-only, as a combined policy would exceed the size limit of AWS."""
    statements = []
    own = resources(name, environment)
    for kind, where in own.items():
        actions = [action for action, (_, on) in WRITE.items() if on == kind and needed(name, environment, action)]
        if actions:
            sid = "".join(part.capitalize() for part in kind.replace("*", "any").split("-"))
            statements.append(statement(sid, actions, where, conditions(name, environment, kind)))
    if environment.get("cluster"):
        # A new revision keeps the tags of the previous one.
        families = [f"arn:aws:ecs:{environment['region']}:{environment['account']}:task-definition/{service}{end}" for service in environment["services"] for end in ("", ":*")]
        statements.append(statement("RevisionTags", ["ecs:TagResource"], families, {"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}}))
    if "instance" in own:
        # A session on an instance: only on this environment's instances, identified by name.
        statements.append(statement("SessionOnInstance", ["ssm:StartSession"], own["instance"], conditions(name, environment, "instance")))
    return statements


# Terraform creates, changes and deletes all of these, and reads them for every plan. A list of single actions would be
# outdated by the provider's next version; the bounds are the services, the region, and for IAM the names.
INFRA_SERVICES = (
    "acm", "application-autoscaling", "autoscaling", "budgets", "cloudfront", "cloudtrail", "cloudwatch", "cognito-idp",
    "config", "ec2", "ecr", "ecs", "elasticloadbalancing", "firehose", "guardduty", "lambda", "logs", "rds", "route53",
    "scheduler", "secretsmanager", "servicediscovery", "sns", "ssm", "tag", "wafv2",
)
# Services without a region, or whose calls go to another one.
GLOBAL_SERVICES = ("budgets", "cloudfront", "iam", "route53")
# Suffixes of the names of the roles in infra/terraform, and the services they are passed to.
ROLES = ("bastion", "config", "ecs-scheduler", "execution", "flow-logs", "instance", "log-stream", "log-subscription", "schedule", "task")
# The purposes of its buckets.
BUCKETS = ("audit", "ecs-scheduler", "files", "logs", "static")
PASSED_TO = ("config", "ec2", "ecs-tasks", "firehose", "lambda", "logs", "scheduler", "vpc-flow-logs")


def infra(account, begins, region, state_bucket, state_prefix):
    regional = [f"{service}:*" for service in INFRA_SERVICES if service not in GLOBAL_SERVICES]
    roles = [f"arn:aws:iam::{account}:role/{begins}-{end}" for end in ROLES]
    boundary = f"arn:aws:iam::{account}:policy/{begins}-boundary"
    own = [f"arn:aws:iam::{account}:role/{begins}-ci-*", f"arn:aws:iam::{account}:policy/{begins}-ci-apply", boundary, f"arn:aws:iam::{account}:oidc-provider/*"]
    return [
        statement("Regional", regional, ["*"], {"StringEquals": {"aws:RequestedRegion": sorted({region, "us-east-1"})}}),
        statement("Global", [f"{service}:*" for service in INFRA_SERVICES if service in GLOBAL_SERVICES], ["*"]),
        # The environment's own buckets, and its states.
        statement("Buckets", ["s3:*"], [f"arn:aws:s3:::{begins}-{purpose}-{account}{end}" for purpose in BUCKETS for end in ("", "/*")]),
        statement("State", ["s3:GetBucketLocation", "s3:ListBucket"], [f"arn:aws:s3:::{state_bucket}"]),
        statement("StateFiles", ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"arn:aws:s3:::{state_bucket}/{state_prefix}/*"]),
        statement("Who", ["sts:GetCallerIdentity", "iam:Get*", "iam:List*"], ["*"]),
        # A role without the boundary could be given any permission, and passed to a task that the applier starts.
        statement(
            "RolesWithinTheBoundary",
            ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
            roles, {"StringEquals": {"iam:PermissionsBoundary": boundary}},
        ),
        statement(
            "Roles",
            ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"],
            roles,
        ),
        statement("PassRoles", ["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": [f"{name}.amazonaws.com" for name in PASSED_TO]}}),
        statement(
            "InstanceProfiles",
            ["iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile", "iam:UntagInstanceProfile"],
            [f"arn:aws:iam::{account}:instance-profile/{begins}-{end}" for end in ("bastion", "instance")],
        ),
        statement(
            "ServiceRoles",
            ["iam:CreateServiceLinkedRole"],
            [f"arn:aws:iam::{account}:role/aws-service-role/*"],
            {"StringLike": {"iam:AWSServiceName": [f"{name}.amazonaws.com" for name in (
                "autoscaling", "ecs", "ecs.application-autoscaling", "elasticloadbalancing", "guardduty", "config", "rds", "wafv2")]}},
        ),
        # Whatever else is attached: it never changes itself, nor the boundary of the roles that it creates.
        {"Sid": "NeverItself", "Effect": "Deny", "NotAction": ["iam:Get*", "iam:List*"], "Resource": own},
    ]


# Pantri's states are stored under their workspace.
STATE_PREFIX = {"pantri": "env:/prod/pantri"}


def statements(name, kind):
    environment = environments()[name]
    if kind == "infra":
        account = environment["account"]
        return infra(account, prefix(environment), environment["region"], f"cockpit-terraform-state-{account}", STATE_PREFIX.get(name, name))
    return {"read-only": read_only, "operator": operator}[kind](name, environment)


KINDS = ("read-only", "operator", "infra")


def document(made):
    return json.dumps({"Version": "2012-10-17", "Statement": made}, indent=2) + "\n"


def text(name, kind):
    return document(statements(name, kind))


def template():
    made = document(infra("ACCOUNT", "PREFIX", "REGION", "STATE_BUCKET", "STATE_PREFIX"))
    return re.sub(r"\b(ACCOUNT|PREFIX|REGION|STATE_BUCKET|STATE_PREFIX)\b", r"${\1}", made)


if __name__ == "__main__":
    for name in environments():
        (DOCS / name).mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            (DOCS / name / f"{kind}.json").write_text(text(name, kind))
    TEMPLATE.write_text(template())
