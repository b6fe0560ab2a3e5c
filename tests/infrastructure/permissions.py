"""Every AWS action that the cockpit may need, in one table: the policies in docs/iam/ are made from it.

    python tests/infrastructure/permissions.py     writes docs/iam/*.json

`test_what_the_cockpit_may_do.py` runs the cockpit against the simulator, which counts the operations, and compares: an action that
is called and not here is missing for users; one that is in READ and never called must name what will call it (LATER).
"""

import json
import pathlib

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "iam"

# Called by `cockpit snapshot`, `doctor` and the session, in one environment or another.
READ = {
    "sts:GetCallerIdentity": "whose credentials these are; always allowed by AWS",
    "ecs:DescribeClusters": "the cluster's counts",
    "ecs:ListServices": "services",
    "ecs:DescribeServices": "counts, deployments, events",
    "ecs:ListTasks": "tasks",
    "ecs:DescribeTasks": "tasks, and why they stopped",
    "ecs:DescribeTaskDefinition": "images and sizes",
    "ecs:ListServiceDeployments": "the history of deployments",
    "application-autoscaling:DescribeScalableTargets": "limits",
    "application-autoscaling:DescribeScalingPolicies": "policies",
    "application-autoscaling:DescribeScheduledActions": "schedules",
    "application-autoscaling:DescribeScalingActivities": "what scaled, and why it did not",
    "elasticloadbalancing:DescribeTargetHealth": "health of targets",
    "rds:DescribeDBClusters": "writer and readers",
    "rds:DescribeDBInstances": "instances",
    "cloudwatch:DescribeAlarms": "alarms",
    "cloudwatch:GetMetricData": "curves",
}

# Reads that commands of the runbook make which are not in every build: action → the command. They are in the policy, so
# that a new version needs no new one.
LATER = {
    "ecs:DescribeServiceDeployments": "deploy",
    "ecs:DescribeServiceRevisions": "deploy",
    "ecr:DescribeImages": "deploy: tag to digest",
    "ecr:BatchGetImage": "deploy: architecture of an image",
    "ecr:GetDownloadUrlForLayer": "deploy: architecture of an image",
    "elasticloadbalancing:DescribeTargetGroups": "snapshot with target_groups",
    "elasticloadbalancing:DescribeLoadBalancers": "health",
    "elasticloadbalancing:DescribeListeners": "health",
    "elasticloadbalancing:DescribeRules": "health",
    "logs:DescribeLogGroups": "logs",
    "logs:DescribeLogStreams": "logs",
    "logs:FilterLogEvents": "logs",
    "logs:GetLogEvents": "logs",
    "logs:StartLiveTail": "logs -f",
    "logs:StartQuery": "insights",
    "logs:StopQuery": "insights",
    "logs:GetQueryResults": "insights",
    "lambda:GetFunctionConfiguration": "stop and start: is the scheduler there",
    "scheduler:ListSchedules": "schedule",
    "scheduler:GetSchedule": "schedule",
    "rds:DescribeEvents": "failover, timeline",
    "rds:DescribeDBClusterSnapshots": "db: backups",
    "rds:DescribeDBSnapshots": "db: backups",
    "rds:DescribePendingMaintenanceActions": "db: what waits for the maintenance window",
    "cloudwatch:DescribeAlarmHistory": "timeline",
    "cloudwatch:ListMetrics": "metrics",
    "acm:DescribeCertificate": "health: days left",
    "acm:ListCertificates": "health",
    "route53:ListHostedZones": "health: name servers",
    "route53:GetHostedZone": "health: name servers",
    "wafv2:GetWebACLForResource": "metrics: blocked requests",
    "cloudfront:ListDistributions": "invalidate",
    "ce:GetCostAndUsage": "cost",
    "ce:GetCostForecast": "cost",
    "budgets:ViewBudget": "cost",
    "cognito-idp:DescribeUserPool": "snapshot: user pool",
    "cognito-idp:ListUserPools": "snapshot: user pool",
    "ec2:DescribeInstances": "instances",
    "ec2:DescribeInstanceStatus": "instances",
    "ec2:DescribeSecurityGroupRules": "health: allowed addresses",
    "ssm:DescribeParameters": "params ls: names, never values",
    "ssm:DescribeInstanceInformation": "tunnel: is the agent there",
}

# What changes something, and what reads a secret: action → (command, resource by pattern).
WRITE = {
    "ecs:UpdateService": ("deploy, scale, stop, start, rollback", "service"),
    "ecs:TagResource": ("stop: remembers the count", "service"),
    "ecs:UntagResource": ("start", "service"),
    "ecs:StopServiceDeployment": ("rollback", "service-deployment"),
    "ecs:StopTask": ("tasks: stop one", "task"),
    "ecs:ExecuteCommand": ("tunnel through a task", "task"),
    "ecs:RegisterTaskDefinition": ("deploy", "*"),
    "ecr:GetAuthorizationToken": ("deploy --build", "*"),
    "ecr:BatchCheckLayerAvailability": ("deploy --build", "repository"),
    "ecr:InitiateLayerUpload": ("deploy --build", "repository"),
    "ecr:UploadLayerPart": ("deploy --build", "repository"),
    "ecr:CompleteLayerUpload": ("deploy --build", "repository"),
    "ecr:PutImage": ("deploy --build", "repository"),
    "application-autoscaling:RegisterScalableTarget": ("autoscaling: limits, suspend", "*"),
    "application-autoscaling:PutScheduledAction": ("schedule", "*"),
    "application-autoscaling:DeleteScheduledAction": ("schedule", "*"),
    "lambda:InvokeFunction": ("stop, start: the scheduler", "function"),
    "scheduler:UpdateSchedule": ("schedule: on, off", "schedule"),
    "rds:StopDBInstance": ("stop", "db"),
    "rds:StartDBInstance": ("start", "db"),
    "rds:StopDBCluster": ("stop", "cluster"),
    "rds:StartDBCluster": ("start", "cluster"),
    "rds:FailoverDBCluster": ("failover", "cluster"),
    "rds:CreateDBClusterSnapshot": ("db --snapshot", "cluster*"),
    "rds:CreateDBSnapshot": ("db --snapshot", "db*"),
    "ec2:StartInstances": ("instances, tunnel", "instance"),
    "ec2:StopInstances": ("instances", "instance"),
    "cloudfront:CreateInvalidation": ("invalidate", "distribution"),
    "ssm:StartSession": ("tunnel", "session"),
    "ssm:ResumeSession": ("tunnel", "own-session"),
    "ssm:TerminateSession": ("tunnel", "own-session"),
    "ssm:GetParameter": ("params get, with-db", "parameter"),
    "ssm:GetParameters": ("params check", "parameter"),
    "ssm:GetParametersByPath": ("params ls", "parameter"),
    "ssm:PutParameter": ("params put", "parameter"),
    "ssm:DeleteParameter": ("params rm", "parameter"),
    "ssm:AddTagsToResource": ("params put", "parameter"),
    "iam:PassRole": ("deploy: the task's roles; schedule: the schedule's", "role"),
}

# PREFIX, PATH and ACCOUNT are the reader's to fill in.
RESOURCES = {
    "*": ["*"],
    "service": ["arn:aws:ecs:*:ACCOUNT:service/PREFIX*/*"],
    "service-deployment": ["arn:aws:ecs:*:ACCOUNT:service-deployment/PREFIX*/*"],
    "task": ["arn:aws:ecs:*:ACCOUNT:task/PREFIX*/*", "arn:aws:ecs:*:ACCOUNT:cluster/PREFIX*"],
    "repository": ["arn:aws:ecr:*:ACCOUNT:repository/PREFIX*"],
    "function": ["arn:aws:lambda:*:ACCOUNT:function:PREFIX*-ecs-scheduler"],
    "schedule": ["arn:aws:scheduler:*:ACCOUNT:schedule/default/PREFIX*"],
    "db": ["arn:aws:rds:*:ACCOUNT:db:PREFIX*"],
    "db*": ["arn:aws:rds:*:ACCOUNT:db:PREFIX*", "arn:aws:rds:*:ACCOUNT:snapshot:*"],
    "cluster": ["arn:aws:rds:*:ACCOUNT:cluster:PREFIX*"],
    "cluster*": ["arn:aws:rds:*:ACCOUNT:cluster:PREFIX*", "arn:aws:rds:*:ACCOUNT:cluster-snapshot:*"],
    "instance": ["arn:aws:ec2:*:ACCOUNT:instance/*"],
    "distribution": ["arn:aws:cloudfront::ACCOUNT:distribution/*"],
    "session": [
        "arn:aws:ecs:*:ACCOUNT:task/PREFIX*/*",
        "arn:aws:ec2:*:ACCOUNT:instance/*",
        "arn:aws:ssm:*::document/AWS-StartPortForwardingSessionToRemoteHost",
        "arn:aws:ssm:*:ACCOUNT:document/SSM-SessionManagerRunShell",
    ],
    "own-session": ["arn:aws:ssm:*:ACCOUNT:session/${aws:userid}-*"],
    "parameter": ["arn:aws:ssm:*:ACCOUNT:parameter/PATH/*"],
    "role": ["arn:aws:iam::ACCOUNT:role/PREFIX*"],
}
CONDITIONS = {
    "instance": {"StringLike": {"aws:ResourceTag/Name": "PREFIX*"}},
    "role": {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"]}},
}

# Terraform makes, changes and deletes all of these, and reads them for every plan. A list of single actions would be
# wrong with the provider's next version; the bounds are the services, the region, and for IAM the names.
INFRA_SERVICES = (
    "acm", "application-autoscaling", "autoscaling", "budgets", "cloudfront", "cloudtrail", "cloudwatch", "cognito-idp",
    "config", "ec2", "ecr", "ecs", "elasticloadbalancing", "guardduty", "lambda", "logs", "rds", "route53", "s3",
    "scheduler", "secretsmanager", "sns", "ssm", "wafv2",
)
# Those that have no region, or whose calls go to another.
GLOBAL_SERVICES = ("budgets", "cloudfront", "route53", "s3")


def statement(sid, actions, resources, condition=None):
    made = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resources if len(resources) > 1 else resources[0]}
    return made | ({"Condition": condition} if condition else {})


def read_only():
    return [statement("Read", [*READ, *LATER], ["*"])]


def operator():
    statements = read_only()
    for kind in RESOURCES:
        actions = [action for action, (_, where) in WRITE.items() if where == kind]
        if actions:
            sid = "".join(part.capitalize() for part in kind.replace("*", " any").replace("-", " ").split())
            statements.append(statement(sid, actions, RESOURCES[kind], CONDITIONS.get(kind)))
    return statements


def infra():
    regional = [f"{service}:*" for service in INFRA_SERVICES if service not in GLOBAL_SERVICES]
    return [
        statement("Regional", regional, ["*"], {"StringEquals": {"aws:RequestedRegion": ["REGION", "us-east-1"]}}),
        statement("Global", [f"{service}:*" for service in GLOBAL_SERVICES], ["*"]),
        statement("Who", ["sts:GetCallerIdentity", "iam:Get*", "iam:List*"], ["*"]),
        statement(
            "Roles",
            [
                "iam:AddRoleToInstanceProfile", "iam:AttachRolePolicy", "iam:CreateInstanceProfile", "iam:CreateRole",
                "iam:DeleteInstanceProfile", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PassRole",
                "iam:PutRolePolicy", "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile", "iam:TagRole", "iam:UntagInstanceProfile",
                "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
            ],
            ["arn:aws:iam::ACCOUNT:role/PREFIX*", "arn:aws:iam::ACCOUNT:instance-profile/PREFIX*"],
        ),
        statement(
            "IdentityProvider",
            ["iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint"],
            ["arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com"],
        ),
        statement(
            "ServiceRoles",
            ["iam:CreateServiceLinkedRole"],
            ["arn:aws:iam::ACCOUNT:role/aws-service-role/*"],
            {"StringLike": {"iam:AWSServiceName": [f"{name}.amazonaws.com" for name in (
                "autoscaling", "ecs", "ecs.application-autoscaling", "elasticloadbalancing", "guardduty", "config", "rds", "wafv2")]}},
        ),
    ]


POLICIES = {"read-only": read_only, "operator": operator, "infra": infra}


def text(name):
    return json.dumps({"Version": "2012-10-17", "Statement": POLICIES[name]()}, indent=2) + "\n"


if __name__ == "__main__":
    DOCS.mkdir(parents=True, exist_ok=True)
    for name in POLICIES:
        (DOCS / f"{name}.json").write_text(text(name))
