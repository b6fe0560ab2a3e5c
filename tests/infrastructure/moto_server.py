"""A local AWS that the real AWS provider can apply the whole of infra/terraform to.

moto is the emulator; the code below adds what the provider reads back and moto does not store. Each part states what fails
without it. Prints its address as one line of JSON and serves until its standard input ends:

    python tests/infrastructure/moto_server.py [PORT]
"""

import collections
import functools
import io
import json
import os
import secrets
import sys
import threading

# Attachments of AWS managed policies are refused unless moto loads them; certificates are validated at once.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "0")

import moto.autoscaling.models as autoscaling  # noqa: E402
import moto.cloudfront.models as cloudfront  # noqa: E402
import moto.cloudtrail.models as cloudtrail  # noqa: E402
import moto.ec2.models.instances as instances  # noqa: E402
import moto.ec2.models.launch_templates as launch_templates  # noqa: E402
import moto.ec2.models.security_groups as security_groups  # noqa: E402
import moto.rds.models as rds  # noqa: E402
import moto.route53.models as route53  # noqa: E402
import moto.servicediscovery.models as servicediscovery  # noqa: E402
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Scaling  # noqa: E402
from moto.budgets.responses import BudgetsResponse as Budgets  # noqa: E402
from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError  # noqa: E402
from moto.ecs.responses import EC2ContainerServiceResponse as Ecs  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

TAGS = {}  # of resources whose tags moto forgets: ARN → {key: value}


def after(owner, name):
    """Registers a function that runs after a method of moto and may change its result."""

    def decorate(extra):
        original = getattr(owner, name)

        @functools.wraps(original)
        def both(self, *args, **named):
            result = original(self, *args, **named)
            changed = extra(self, result, *args, **named)
            return result if changed is None else changed

        setattr(owner, name, both)
        return extra

    return decorate


def answers(owner, name):
    """Registers a call that moto lacks or answers wrongly: the function's value as JSON."""

    def decorate(function):
        setattr(owner, name, lambda self: json.dumps(function(self)))
        return function

    return decorate


# --- Application Auto Scaling: the provider reads the tags of every target and waits forever without an answer.


@after(Scaling, "register_scalable_target")
def _remember_tags(self, result):
    given = self._get_param("Tags")
    if given:
        TAGS.setdefault(json.loads(result)["ScalableTargetARN"], {}).update(given)


@answers(Scaling, "list_tags_for_resource")
def _list_tags(self):
    return {"Tags": TAGS.get(self._get_param("ResourceARN"), {})}


@answers(Scaling, "tag_resource")
def _tag(self):
    TAGS.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags") or {})
    return {}


@answers(Scaling, "untag_resource")
def _untag(self):
    for key in self._get_param("TagKeys") or []:
        TAGS.get(self._get_param("ResourceARN"), {}).pop(key, None)
    return {}


@answers(Scaling, "describe_scaling_activities")
def _activities(self):
    return {"ScalingActivities": []}  # requested by the cockpit, and nothing scales here


# --- Budgets: notifications are returned without subscribers, and budgets without tags.

SUBSCRIBERS = {}


def _notification(self):
    told = self._get_param("Notification") or {}
    parts = {key: float(value) if key == "Threshold" else value for key, value in told.items() if key != "NotificationState"}
    return self._get_param("BudgetName"), json.dumps(parts, sort_keys=True)


@after(Budgets, "create_notification")
def _remember_subscribers(self, result):
    SUBSCRIBERS[_notification(self)] = self._get_param("Subscribers") or []


@answers(Budgets, "describe_subscribers_for_notification")
def _subscribers(self):
    return {"Subscribers": SUBSCRIBERS.get(_notification(self), [])}


@after(Budgets, "create_budget")
def _remember_budget_tags(self, result):
    name = (self._get_param("Budget") or {}).get("BudgetName")
    arn = f"arn:aws:budgets::{self._get_param('AccountId')}:budget/{name}"
    TAGS[arn] = {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []}


@answers(Budgets, "list_tags_for_resource")
def _budget_tags(self):
    tags = TAGS.get(self._get_param("ResourceARN"), {})
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]}


# --- RDS: every instance has the same resource id, by which the provider finds it again; flags are lost.


@after(rds.DBInstance, "__init__")
def _instance(self, result, *args, **named):
    self.dbi_resource_id = "db-" + secrets.token_hex(13).upper()
    wanted = named.get("enable_performance_insights", named.get("performance_insights_enabled", False))
    self.performance_insights_enabled = str(wanted).lower() == "true"


# A replica is a copy of its source, including that id.
@after(rds.RDSBackend, "create_db_instance_read_replica")
def _replica(self, replica, *args, **named):
    replica.dbi_resource_id = "db-" + secrets.token_hex(13).upper()


def _serverless(self):
    given = self.scaling_configuration
    return given and {"MinCapacity": given.get("min_capacity"), "MaxCapacity": given.get("max_capacity")}


rds.DBCluster.scaling_configuration_info = property(_serverless)


# A parameter set by a user is marked as such; the provider reads no others.
def _set_by_user(self, result, new_parameters):
    for parameter in self.parameters.values():
        parameter["Source"] = "user"


after(rds.DBParameterGroup, "update_parameters")(_set_by_user)
after(rds.DBClusterParameterGroup, "update_cluster_parameters")(_set_by_user)


# --- EC2: a rule that refers to a group or a prefix list loses its description.


@after(security_groups.SecurityGroupRule, "__init__")
def _prefix_list(self, result, *args, **named):
    given = named.get("prefix_list_id", args[7] if len(args) > 7 else None)
    self.of_prefix_list = (given or {}).get("Description")


def _description(self):
    return self.ip_range.get("Description") or self.source_group.get("Description") or self.of_prefix_list


security_groups.SecurityGroupRule.description = property(_description)


# A missing rule, because an answer was lost and the request was repeated, has its own error code in AWS: the provider treats
# that one, and no other, as "deleted".
def _gone(method):
    original = getattr(security_groups.SecurityGroupBackend, method)

    @functools.wraps(original)
    def revoke(self, *args, **named):
        wanted = named.get("security_rule_ids") or []
        known = {rule.id for group in self.describe_security_groups() for rule in (*group.ingress_rules, *group.egress_rules)}
        for rule in wanted:
            if rule not in known:
                raise InvalidSecurityGroupRuleIdNotFoundError(rule)
        return original(self, *args, **named)

    setattr(security_groups.SecurityGroupBackend, method, revoke)


for _method in ("revoke_security_group_ingress", "revoke_security_group_egress"):
    _gone(_method)


# An instance with a public address gets its groups from its network interface, and moto looks only there; and every
# EC2 instance reports its automatic recovery, which is "default" unless turned off.
@after(instances.Instance, "__init__")
def _groups(self, result, *args, **named):
    self.maintenance_options = {"AutoRecovery": "default"}
    if not self.security_groups and 0 in self.nics:
        self.security_groups = list(self.nics[0]._group_set)


# --- ECS: service attributes dropped by moto would be in every plan, and a rollout never ends.

KEPT = {
    "enableExecuteCommand": "enable_execute_command",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "deploymentConfiguration": "deployment_configuration",
    "capacityProviderStrategy": "capacity_provider_strategy",
}


def _settle(self, result):
    cluster = self._get_param("cluster", "default").split("/")[-1]
    name = (self._get_param("serviceName") or self._get_param("service")).split("/")[-1]
    service = self.ecs_backend.services[f"{cluster}:{name}"]
    for parameter, attribute in KEPT.items():
        value = self._get_param(parameter)
        if value is not None:
            setattr(service, attribute, value)
            setattr(service, parameter, value)
    # ECS returns the ARN of the revision, whatever name was in the request.
    if service.task_definition and ":task-definition/" not in service.task_definition:
        service.task_definition = self.ecs_backend.describe_task_definition(service.task_definition).arn
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment.update(
            desiredCount=service.desired_count,
            runningCount=service.desired_count,
            pendingCount=0,
            rolloutState="COMPLETED",
            rolloutStateReason=f"ECS deployment {deployment['id']} completed.",
            taskDefinition=service.task_definition,
        )


after(Ecs, "create_service")(_settle)
after(Ecs, "update_service")(_settle)


# The tags of a launch template differ from those of its instances.
@after(launch_templates.LaunchTemplateVersion, "__init__")
def _template(self, result, *args, **named):
    given = self.data.get("TagSpecifications")
    if given:
        self.data["TagSpecifications"] = [each for each in given if each.get("ResourceType") != "launch-template"]


# --- Auto Scaling: a policy is returned disabled, and with an empty prediction.


@after(autoscaling.FakeScalingPolicy, "__init__")
def _policy(self, result, *args, **named):
    self.enabled = True
    self.predictive_scaling_configuration = self.predictive_scaling_configuration or None


# --- Cloud Map: a namespace leaves its private zone behind when it is deleted.

_delete_namespace = servicediscovery.ServiceDiscoveryBackend.delete_namespace


def _with_its_zone(self, namespace_id):
    zone = (self.get_namespace(namespace_id).dns_properties or {}).get("HostedZoneId")
    operation = _delete_namespace(self, namespace_id)
    if zone:
        backends = route53.route53_backends[self.account_id][route53.get_partition(self.region_name)]
        backends.delete_hosted_zone(zone)
    return operation


servicediscovery.ServiceDiscoveryBackend.delete_namespace = _with_its_zone


# --- CloudFront: an origin loses its access control, the default certificate gets an SNI method, and every
# behaviour gets values to forward.


@after(cloudfront.Origin, "__init__")
def _origin(self, result, origin):
    self.origin_access_control_id = origin.get("OriginAccessControlId") or ""


@after(cloudfront.ViewerCertificate, "__init__")
def _certificate(self, result, config):
    if not config.get("SSLSupportMethod"):
        self.ssl_support_method = None


@after(cloudfront.DefaultCacheBehaviour, "__init__")
def _behaviour(self, result, config):
    # A behaviour with a cache policy has no values to forward.
    if config.get("CachePolicyId"):
        self.forwarded_values = None


# --- CloudTrail: a trail is found only by its name when it is started, stopped and deleted; the provider uses its ARN.


def _by_name(method):
    original = getattr(cloudtrail.CloudTrailBackend, method)
    setattr(cloudtrail.CloudTrailBackend, method, lambda self, name: original(self, name.split("/")[-1]))


for _method in ("start_logging", "stop_logging", "delete_trail"):
    _by_name(_method)


# --- One request at a time: moto's tables are not thread-safe, and Terraform sends ten at a time.
#
# An SDK that lost an answer repeats its request, with the same identifier (amz-sdk-invocation-id). Deleting twice is an
# error in moto, and not every resource of the provider takes that error for "gone": the request gets the same answer again.

ONE_AT_A_TIME = threading.Lock()
ANSWERED = collections.OrderedDict()  # identifier → status, headers and body, of the last thousand that succeeded


def _in_turn(original):
    @functools.wraps(original)
    def call(self, environ, start_response):
        # The request is read completely: a server that closes a connection with unread data resets it, and the answer is lost.
        if environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        identifier = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        with ONE_AT_A_TIME:
            if identifier not in ANSWERED:
                head = []
                body = original(self, environ, lambda status, headers, _=None: head.extend((status, headers)))
                answer = (*head, b"".join(body))
                if hasattr(body, "close"):
                    body.close()
                if identifier and answer[0].startswith("2"):
                    ANSWERED[identifier] = answer
                    while len(ANSWERED) > 1000:
                        ANSWERED.popitem(last=False)
            else:
                answer = ANSWERED[identifier]
        status, headers, body = answer
        start_response(status, headers)
        return [body]

    return call


DomainDispatcherApplication.__call__ = _in_turn(DomainDispatcherApplication.__call__)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    print(json.dumps({"endpoint": f"http://127.0.0.1:{port}"}), flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
