"""Every operation at least once, through boto3, with checks of the answers."""

import base64
import hashlib
import json
import urllib.request
from datetime import datetime, timedelta, timezone

from strict import REGION, SEEN, advance, client, control, done, each, pages, refused, same, true

C = "bookmark-manager-staging-cluster"
WEB, API = "bookmark-manager-staging-web", "bookmark-manager-staging-api"
ACCOUNT = "123456789012"


def identity():
    same(client("sts").get_caller_identity()["Account"], ACCOUNT)


def ecs():
    e = client("ecs")
    arns = pages(e, "list_clusters", "clusterArns")
    same([a.split("/")[1] for a in arns], ["bookmark-manager-prod-cluster", C])
    same(len(pages(e, "list_clusters", "clusterArns", PaginationConfig={"PageSize": 1})), 2)
    found = e.describe_clusters(clusters=[C, "none"], include=["TAGS", "SETTINGS"])
    same(found["clusters"][0]["activeServicesCount"], 2)
    same(found["clusters"][0]["runningTasksCount"], 2)
    same(found["failures"][0]["reason"], "MISSING")
    names = [a.split("/")[-1] for a in pages(e, "list_services", "serviceArns", cluster=C, PaginationConfig={"PageSize": 1})]
    same(names, [API, WEB])
    answer = e.describe_services(cluster=C, services=[WEB, "none"], include=["TAGS"])
    same([f["reason"] for f in answer["failures"]], ["MISSING"])
    web = answer["services"][0]
    same((web["desiredCount"], web["runningCount"], web["pendingCount"]), (1, 1, 0))
    same(web["deployments"][0]["rolloutState"], "COMPLETED")
    same(web["healthCheckGracePeriodSeconds"], 120)
    same(web["deploymentConfiguration"]["deploymentCircuitBreaker"], {"enable": True, "rollback": True})
    true(web["events"][0]["message"].endswith("has reached a steady state."), "steady")
    true({"key": "Environment", "value": "staging"} in web["tags"], "tags")
    tasks = pages(e, "list_tasks", "taskArns", cluster=C, PaginationConfig={"PageSize": 1})
    same(len(tasks), 2)
    same(len(pages(e, "list_tasks", "taskArns", cluster=C, serviceName=WEB)), 1)
    same(len(pages(e, "list_tasks", "taskArns", cluster=C, family=API)), 1)
    same(pages(e, "list_tasks", "taskArns", cluster=C, desiredStatus="STOPPED"), [])
    task = e.describe_tasks(cluster=C, tasks=[*tasks, "0" * 32])
    same([f["reason"] for f in task["failures"]], ["MISSING"])
    true(all(t["lastStatus"] == "RUNNING" for t in task["tasks"]), "running")
    true(task["tasks"][0]["containers"][0]["imageDigest"].startswith("sha256:"), "digest")
    definition = e.describe_task_definition(taskDefinition=web["taskDefinition"])["taskDefinition"]
    options = definition["containerDefinitions"][0]["logConfiguration"]["options"]
    same(options["awslogs-group"], f"/ecs/{WEB}")
    same(options["awslogs-stream-prefix"], "ecs")
    true(f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{WEB}:" in definition["containerDefinitions"][0]["image"], "image")
    revisions = pages(e, "list_task_definitions", "taskDefinitionArns", familyPrefix=WEB, PaginationConfig={"PageSize": 2})
    same([r.rsplit(":", 1)[1] for r in revisions], ["1", "2", "3", "4", "5"])
    newest = e.list_task_definitions(familyPrefix=WEB, sort="DESC", maxResults=1)
    same(newest["taskDefinitionArns"], revisions[-1:])
    refused(e.describe_services, "ClusterNotFoundException", cluster="none", services=["a"])
    refused(e.describe_services, "InvalidParameterException", cluster=C, services=["x"] * 11)
    refused(e.list_tasks, "ServiceNotFoundException", cluster=C, serviceName="none")
    refused(e.list_services, "InvalidParameterException", cluster=C, nextToken="nonsense")
    refused(e.list_services, "InvalidParameterException", cluster=C, maxResults=101)
    refused(e.describe_task_definition, "ClientException", taskDefinition="none:1")
    refused(e.list_attributes, "UnknownOperationException", targetType="container-instance")


def deployments():
    e = client("ecs")
    first = e.list_service_deployments(cluster=C, service=WEB, maxResults=2)
    same(len(first["serviceDeployments"]), 2)
    rest = e.list_service_deployments(cluster=C, service=WEB, nextToken=first["nextToken"])
    briefs = first["serviceDeployments"] + rest["serviceDeployments"]
    same([b["status"] for b in briefs], ["SUCCESSFUL"] * 5)
    same(briefs, sorted(briefs, key=lambda b: b["createdAt"], reverse=True))
    recent = e.list_service_deployments(cluster=C, service=WEB, createdAt={"after": briefs[1]["createdAt"]})
    same(len(recent["serviceDeployments"]), 2)
    arns = [b["serviceDeploymentArn"] for b in briefs]
    full = e.describe_service_deployments(serviceDeploymentArns=[*arns, arns[0] + "x"])
    same(len(full["serviceDeployments"]), 5)
    same(full["failures"][0]["reason"], "MISSING")
    newest = full["serviceDeployments"][0]
    same(newest["deploymentCircuitBreaker"], {"status": "MONITORING_COMPLETE", "failureCount": 0, "threshold": 3})
    revision = e.describe_service_revisions(serviceRevisionArns=[newest["targetServiceRevision"]["arn"]])
    image = revision["serviceRevisions"][0]["containerImages"][0]
    same(image["containerName"], "web")
    true(image["imageDigest"].startswith("sha256:"), "digest of the revision")


def changes():
    """A real rollout, and one that the circuit breaker rolls back."""
    e = client("ecs")
    e.update_service(cluster=C, service=WEB, forceNewDeployment=True)
    service = e.describe_services(cluster=C, services=[WEB])["services"][0]
    same([d["status"] for d in service["deployments"]], ["PRIMARY", "ACTIVE"])
    same(service["deployments"][0]["rolloutState"], "IN_PROGRESS")
    advance(120)
    service = e.describe_services(cluster=C, services=[WEB])["services"][0]
    same([d["rolloutState"] for d in service["deployments"]], ["COMPLETED"])
    stopped = pages(e, "list_tasks", "taskArns", cluster=C, desiredStatus="STOPPED")
    task = e.describe_tasks(cluster=C, tasks=stopped)["tasks"][0]
    same((task["lastStatus"], task["stopCode"]), ("STOPPED", "ServiceSchedulerInitiated"))
    same(task["containers"][0]["exitCode"], 0)
    control("/_sim/world", {"break_task_definition": f"{API}:4"})
    e.update_service(cluster=C, service=API, taskDefinition=f"{API}:4")
    advance(600)
    newest = e.list_service_deployments(cluster=C, service=API)["serviceDeployments"][0]
    same(newest["status"], "ROLLBACK_SUCCESSFUL")
    full = e.describe_service_deployments(serviceDeploymentArns=[newest["serviceDeploymentArn"]])["serviceDeployments"][0]
    same(full["deploymentCircuitBreaker"]["status"], "TRIGGERED")
    same(full["deploymentCircuitBreaker"]["failureCount"], 3)
    true(full["rollback"]["serviceRevisionArn"], "rollback revision")
    e.stop_task(cluster=C, task=pages(e, "list_tasks", "taskArns", cluster=C, serviceName=API)[0], reason="日本 & <b>")
    advance(60)
    stopped = pages(e, "list_tasks", "taskArns", cluster=C, serviceName=API, desiredStatus="STOPPED")
    reasons = {t["stoppedReason"] for t in e.describe_tasks(cluster=C, tasks=stopped)["tasks"]}
    true("日本 & <b>" in reasons, f"reason of StopTask in {reasons}")
    e.update_service(cluster=C, service=API, desiredCount=2)
    advance(120)
    same(e.describe_services(cluster=C, services=[API])["services"][0]["runningCount"], 2)


def registration():
    """A registered definition is returned unchanged, and a described one can be registered again."""
    e = client("ecs")
    old = e.describe_task_definition(taskDefinition=WEB, include=["TAGS"])
    same(old["tags"], [])
    old = old["taskDefinition"]
    answered = ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy")
    again = {k: v for k, v in old.items() if k not in answered}
    new = e.register_task_definition(**again, tags=[{"key": "commit", "value": "c0ffee1"}])
    same(new["tags"], [{"key": "commit", "value": "c0ffee1"}])
    same(new["taskDefinition"]["revision"], old["revision"] + 1)
    same({k: v for k, v in new["taskDefinition"].items() if k not in answered}, again, "unchanged")
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{WEB}:c0ffee1"
    everything = {
        "family": "everything",
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/task", "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution",
        "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "1024", "memory": "2048",
        "ephemeralStorage": {"sizeInGiB": 30}, "pidMode": "task", "enableFaultInjection": False,
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}}],
        "containerDefinitions": [
            {
                "name": "app", "image": image, "essential": True, "cpu": 512,
                "portMappings": [{"containerPort": 3000, "hostPort": 3000, "protocol": "tcp", "name": "http", "appProtocol": "http"}],
                "environment": [{"name": "日本", "value": "🚀 \"q\" \\ \n"}], "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/k"}],
                "secrets": [{"name": "A", "valueFrom": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a"}],
                "repositoryCredentials": {"credentialsParameter": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:x"},
                "logConfiguration": {
                    "logDriver": "awslogs", "options": {"awslogs-group": "/x", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs", "mode": "non-blocking"},
                    "secretOptions": [{"name": "k", "valueFrom": "arn:aws:ssm:x"}],
                },
                "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost/"], "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 60},
                "dependsOn": [{"containerName": "side", "condition": "HEALTHY"}],
                "mountPoints": [{"sourceVolume": "data", "containerPath": "/data", "readOnly": True}], "volumesFrom": [],
                "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}}, "stopTimeout": 30,
                "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}], "dockerLabels": {"a": "b"},
                "readonlyRootFilesystem": True, "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}],
            },
            {
                "name": "side", "image": "public.ecr.aws/x/y:1", "essential": False, "cpu": 0, "memory": 128, "portMappings": [],
                "environment": [], "mountPoints": [], "volumesFrom": [], "systemControls": [],
                "firelensConfiguration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}},
            },
        ],
        "placementConstraints": [],
    }
    e.register_task_definition(**everything)
    got = e.describe_task_definition(taskDefinition="everything:1")["taskDefinition"]
    same({k: v for k, v in got.items() if k not in answered}, everything, "everything unchanged")
    small = {"family": "x", "containerDefinitions": [{"name": "a", "image": "b", "memory": 64}]}
    defaults = e.register_task_definition(**small)["taskDefinition"]["containerDefinitions"][0]
    same((defaults["essential"], defaults["cpu"], defaults["environment"]), (True, 0, []))
    refused(e.register_task_definition, "ClientException", **{**small, "family": "a b"})
    refused(e.register_task_definition, "ClientException", **{**small, "containerDefinitions": []})
    refused(e.register_task_definition, "ClientException", **{**small, "containerDefinitions": [{"name": "a"}]})
    refused(e.register_task_definition, "ClientException", **{**everything, "memory": "123"})
    without = {k: v for k, v in everything.items() if k != "executionRoleArn"}
    refused(e.register_task_definition, "ClientException", **without)
    same(e.deregister_task_definition(taskDefinition="everything:1")["taskDefinition"]["status"], "INACTIVE")
    refused(e.update_service, "ClientException", cluster=C, service=WEB, taskDefinition="everything:1")
    same(e.list_task_definitions(familyPrefix="everything", status="INACTIVE")["taskDefinitionArns"], [got["taskDefinitionArn"]])
    refused(e.deregister_task_definition, "ClientException", taskDefinition="everything:9")
    e.deregister_task_definition(taskDefinition=new["taskDefinition"]["taskDefinitionArn"])


def tagging():
    e = client("ecs")
    arn = e.describe_services(cluster=C, services=[WEB])["services"][0]["serviceArn"]
    e.tag_resource(resourceArn=arn, tags=[{"key": "cockpit:desired-count", "value": "1"}])
    e.tag_resource(resourceArn=arn, tags=[{"key": "cockpit:desired-count", "value": "2"}])
    tags = e.list_tags_for_resource(resourceArn=arn)["tags"]
    same([t["value"] for t in tags if t["key"] == "cockpit:desired-count"], ["2"])
    same(e.describe_services(cluster=C, services=[WEB], include=["TAGS"])["services"][0]["tags"], tags)
    e.untag_resource(resourceArn=arn, tagKeys=["cockpit:desired-count"])
    true(all(t["key"] != "cockpit:desired-count" for t in e.list_tags_for_resource(resourceArn=arn)["tags"]), "untagged")
    refused(e.tag_resource, "ResourceNotFoundException", resourceArn=arn + "x", tags=[{"key": "a", "value": "b"}])
    refused(e.tag_resource, "InvalidParameterException", resourceArn=arn, tags=[{"key": "aws:a", "value": "b"}])


def images():
    r = client("ecr")
    names = [x["repositoryName"] for x in pages(r, "describe_repositories", "repositories", PaginationConfig={"PageSize": 1})]
    same(names, ["bookmark-manager-prod-api", "bookmark-manager-prod-web", API, WEB])
    refused(r.describe_repositories, "RepositoryNotFoundException", repositoryNames=["none"])
    details = pages(r, "describe_images", "imageDetails", repositoryName=WEB, PaginationConfig={"PageSize": 3})
    same(details, sorted(details, key=lambda d: d["imagePushedAt"]))
    tags = {t: d for d in details for t in d.get("imageTags", [])}
    same(tags["latest"]["imageDigest"], tags["c0ffee1"]["imageDigest"])
    true(len(pages(r, "list_images", "imageIds", repositoryName=WEB, filter={"tagStatus": "TAGGED"}, PaginationConfig={"PageSize": 4})) == len(tags), "every tag")
    e = client("ecs")
    service = e.describe_services(cluster=C, services=[WEB])["services"][0]
    image = e.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]["containerDefinitions"][0]["image"]
    task = e.describe_tasks(cluster=C, tasks=e.list_tasks(cluster=C, serviceName=WEB)["taskArns"])["tasks"][0]
    same(tags[image.rsplit(":", 1)[1]]["imageDigest"], task["containers"][0]["imageDigest"], "what runs is in the registry")
    def platform(tag):
        image = r.batch_get_image(repositoryName=WEB, imageIds=[{"imageTag": tag}])["images"][0]
        manifest = json.loads(image["imageManifest"])
        same("sha256:" + hashlib.sha256(image["imageManifest"].encode()).hexdigest(), image["imageId"]["imageDigest"])
        if "manifests" in manifest:
            return [m["platform"]["architecture"] for m in manifest["manifests"]]
        url = r.get_download_url_for_layer(repositoryName=WEB, layerDigest=manifest["config"]["digest"])["downloadUrl"]
        with urllib.request.urlopen(url) as blob:
            config = json.load(blob)
        return [config["architecture"]]
    same([platform(t) for t in ("c0ffee1", "a4a4a4a", "c0ffee2")], [["amd64"], ["arm64"], ["amd64", "arm64"]])
    missing = r.batch_get_image(repositoryName=WEB, imageIds=[{"imageTag": "none"}])
    same(missing["failures"][0]["failureCode"], "ImageNotFound")
    refused(r.describe_images, "ImageNotFoundException", repositoryName=WEB, imageIds=[{"imageTag": "none"}])
    refused(r.get_download_url_for_layer, "LayersNotFoundException", repositoryName=WEB, layerDigest="sha256:" + "0" * 64)
    findings = r.describe_image_scan_findings(repositoryName=WEB, imageId={"imageTag": "c0ffee1"})["imageScanFindings"]
    same(findings["findingSeverityCounts"], {"HIGH": 1, "MEDIUM": 4, "LOW": 17})
    refused(r.describe_image_scan_findings, "ScanNotFoundException", repositoryName=WEB, imageId={"imageTag": "c0ffee2"})
    login = r.get_authorization_token()["authorizationData"][0]
    same(login["proxyEndpoint"], f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com")
    true(base64.b64decode(login["authorizationToken"]).startswith(b"AWS:"), "token")
    manifest = r.batch_get_image(repositoryName=WEB, imageIds=[{"imageTag": "c0ffee1"}])["images"][0]["imageManifest"]
    put = r.put_image(repositoryName=WEB, imageManifest=manifest, imageTag="v1")["image"]["imageId"]
    same(put["imageDigest"], tags["c0ffee1"]["imageDigest"])
    refused(r.put_image, "ImageAlreadyExistsException", repositoryName=WEB, imageManifest=manifest, imageTag="v1")
    pushed = control("/_sim/poke", {"push_image": {"repository": WEB, "tag": "abc1234"}})
    same(r.describe_images(repositoryName=WEB, imageIds=[{"imageTag": "abc1234"}])["imageDetails"][0]["imageDigest"], pushed["digest"])
    given = "sha256:" + "7" * 64
    same(control("/_sim/poke", {"push_image": {"repository": WEB, "tag": "mine", "digest": given, "fate": "exits"}})["digest"], given)
    same(r.describe_images(repositoryName=WEB, imageIds=[{"imageDigest": given}])["imageDetails"][0]["imageTags"], ["mine"])


def rollouts():
    """A deployment by its id, a requested rollback, and refused requests."""
    e = client("ecs")
    deployments_of = lambda: e.list_service_deployments(cluster=C, service=WEB)["serviceDeployments"]
    definition = e.describe_task_definition(taskDefinition=WEB)["taskDefinition"]
    keep = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "volumes", "placementConstraints", "runtimePlatform", "requiresCompatibilities", "cpu", "memory")
    containers = definition["containerDefinitions"]
    containers[0]["image"] = containers[0]["image"].rsplit(":", 1)[0] + ":c0ffee1"
    new = e.register_task_definition(containerDefinitions=containers, **{k: definition[k] for k in keep})["taskDefinition"]
    service = e.update_service(cluster=C, service=WEB, taskDefinition=new["taskDefinitionArn"])["service"]
    mine = service["deployments"][0]
    same((mine["status"], mine["rolloutState"], mine["taskDefinition"]), ("PRIMARY", "IN_PROGRESS", new["taskDefinitionArn"]))
    arn = service["currentServiceDeployment"]
    newest = deployments_of()[0]
    same((newest["serviceDeploymentArn"], newest["status"]), (arn, "PENDING"))
    advance(2)
    same(len(e.list_service_deployments(cluster=C, service=WEB, status=["IN_PROGRESS", "PENDING"])["serviceDeployments"]), 1)
    same(e.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")["serviceDeploymentArn"], arn)
    same(deployments_of()[0]["status"], "ROLLBACK_REQUESTED")
    advance(4)
    same(deployments_of()[0]["status"], "ROLLBACK_IN_PROGRESS")
    advance(120)
    same(deployments_of()[0]["status"], "ROLLBACK_SUCCESSFUL")
    refused(e.stop_service_deployment, "ConflictException", serviceDeploymentArn=arn)
    refused(e.stop_service_deployment, "ServiceDeploymentNotFoundException", serviceDeploymentArn=arn + "x")
    e.get_waiter("services_stable").wait(cluster=C, services=[WEB], WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    service = e.describe_services(cluster=C, services=[WEB])["services"][0]
    true(service["taskDefinition"] != new["taskDefinitionArn"], "back")
    rules = {"minimumHealthyPercent": 0, "maximumPercent": 100, "deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    alarms = {"alarmNames": ["bookmark-manager-staging-web-cpu-high"], "enable": True, "rollback": True}
    answer = e.update_service(
        cluster=C, service=WEB, healthCheckGracePeriodSeconds=60, enableExecuteCommand=False,
        deploymentConfiguration={**rules, "alarms": alarms},
    )["service"]
    got = answer["deploymentConfiguration"]
    same({k: got[k] for k in rules}, rules)
    same(got["alarms"], alarms)
    same((answer["healthCheckGracePeriodSeconds"], answer["enableExecuteCommand"], answer["deploymentController"]), (60, False, {"type": "ECS"}))
    full = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    refused(e.update_service, "InvalidParameterException", cluster=C, service=WEB, deploymentConfiguration=full)
    refused(e.update_service, "ServiceNotFoundException", cluster=C, service="none", desiredCount=1)
    refused(e.update_service, "ClientException", cluster=C, service=WEB, taskDefinition="none:1")
    rules["deploymentCircuitBreaker"]["rollback"] = True
    e.update_service(cluster=C, service=WEB, deploymentConfiguration={**rules, "minimumHealthyPercent": 100, "maximumPercent": 200, "alarms": {**alarms, "enable": False}})
    answer = control("/_sim/poke", {"deploy": {"service": WEB, "image": "f00dbad"}})
    advance(240)
    full = e.describe_service_deployments(serviceDeploymentArns=[deployments_of()[0]["serviceDeploymentArn"]])["serviceDeployments"][0]
    same((full["status"], full["alarms"]["status"]), ("ROLLBACK_SUCCESSFUL", "DISABLED"))
    stopped = e.describe_tasks(cluster=C, tasks=pages(e, "list_tasks", "taskArns", cluster=C, desiredStatus="STOPPED", serviceName=WEB))["tasks"]
    bad = [t for t in stopped if t["startedBy"] == answer["deployment"]]
    same(({t["stopCode"] for t in bad}, len(bad)), ({"TaskFailedToStart"}, 3))
    true(all("exitCode" not in t["containers"][0] and t["stoppedReason"].startswith("CannotPullContainerError") for t in bad), "not pulled")


def scaling():
    a = client("application-autoscaling")
    targets = pages(a, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs", PaginationConfig={"PageSize": 1})
    same(len(targets), 4)
    prod = "service/bookmark-manager-prod-cluster/bookmark-manager-prod-web"
    one = a.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[prod])["ScalableTargets"][0]
    same((one["MinCapacity"], one["MaxCapacity"]), (1, 10))
    policies = pages(a, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs", ResourceId=prod)
    same([p["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for p in policies], [70.0, 80.0])
    alarm = policies[0]["Alarms"][0]["AlarmName"]
    same(client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["Threshold"], 70.0)
    actions = pages(a, "describe_scheduled_actions", "ScheduledActions", ServiceNamespace="ecs")
    same(sorted({x["Schedule"] for x in actions}), ["cron(0 22 ? * MON-FRI *)", "cron(0 9 ? * MON-FRI *)"])
    a.register_scalable_target(
        ServiceNamespace="ecs", ResourceId=prod, ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=3, MaxCapacity=6, SuspendedState={"DynamicScalingInSuspended": True},
    )
    one = a.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[prod])["ScalableTargets"][0]
    same((one["MinCapacity"], one["SuspendedState"]["DynamicScalingInSuspended"]), (3, True))
    advance(120)
    activities = pages(a, "describe_scaling_activities", "ScalingActivities", ServiceNamespace="ecs", ResourceId=prod)
    same((activities[0]["StatusCode"], activities[0]["Cause"]), ("Successful", "minimum capacity was set to 3"))
    same(a.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"], [])
    refused(a.describe_scalable_targets, "ValidationException", ServiceNamespace="nonsense")
    refused(a.describe_scalable_targets, "InvalidNextTokenException", ServiceNamespace="ecs", NextToken="x")


def scheduled():
    a = client("application-autoscaling")
    about = {"ServiceNamespace": "ecs", "ResourceId": f"service/{C}/{WEB}", "ScalableDimension": "ecs:service:DesiredCount"}
    named = lambda name: [x for x in a.describe_scheduled_actions(ServiceNamespace="ecs", ResourceId=about["ResourceId"])["ScheduledActions"] if x["ScheduledActionName"] == name]
    a.put_scheduled_action(
        **about, ScheduledActionName="mine", Schedule="cron(30 12 ? * SAT *)", Timezone="Asia/Tokyo",
        ScalableTargetAction={"MinCapacity": 1},
    )
    same(named("mine")[0]["ScalableTargetAction"], {"MinCapacity": 1})
    later = datetime(2027, 1, 1, tzinfo=timezone.utc)
    a.put_scheduled_action(**about, ScheduledActionName="mine", StartTime=later)
    mine = named("mine")[0]
    same((mine["Schedule"], mine["StartTime"], mine["ScalableTargetAction"]), ("cron(30 12 ? * SAT *)", later, {"MinCapacity": 1}))
    a.delete_scheduled_action(**about, ScheduledActionName="mine")
    same(named("mine"), [])
    refused(a.delete_scheduled_action, "ObjectNotFoundException", **about, ScheduledActionName="mine")
    refused(a.put_scheduled_action, "ValidationException", **about, ScheduledActionName="x", Schedule="nonsense", ScalableTargetAction={"MinCapacity": 1})
    refused(a.put_scheduled_action, "ObjectNotFoundException", **{**about, "ResourceId": "service/x/y"}, ScheduledActionName="x")


def nights():
    """The function that stops and starts staging, and the schedules that invoke it."""
    s, f, e = client("scheduler"), client("lambda"), client("ecs")
    names = [x["Name"] for x in pages(s, "list_schedules", "Schedules", NamePrefix="bookmark-manager-staging-", PaginationConfig={"PageSize": 1})]
    same(names, ["bookmark-manager-staging-start", "bookmark-manager-staging-stop"])
    same(s.list_schedules(NamePrefix="none")["Schedules"], [])
    stop = s.get_schedule(Name=names[1])
    same((stop["ScheduleExpression"], stop["ScheduleExpressionTimezone"], stop["State"]), ("cron(0 22 ? * MON-FRI *)", "Asia/Tokyo", "ENABLED"))
    same(json.loads(stop["Target"]["Input"]), {"action": "stop"})
    keep = ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    skipped = datetime(2026, 11, 20, 13, 0, 1, tzinfo=timezone.utc)
    s.update_schedule(**{k: stop[k] for k in keep}, StartDate=skipped)
    same(s.get_schedule(Name=names[1])["StartDate"], skipped)
    s.update_schedule(**{k: stop[k] for k in keep})
    true("StartDate" not in s.get_schedule(Name=names[1]), "what is left out is gone")
    s.create_schedule(**{**{k: stop[k] for k in keep}, "Name": "mine", "State": "DISABLED"})
    refused(s.create_schedule, "ConflictException", **{**{k: stop[k] for k in keep}, "Name": "mine"})
    same(s.list_schedules(State="DISABLED")["Schedules"][0]["Name"], "mine")
    s.delete_schedule(Name="mine")
    refused(s.get_schedule, "ResourceNotFoundException", Name="mine")
    refused(s.update_schedule, "ValidationException", **{**{k: stop[k] for k in keep}, "ScheduleExpression": "cron(1)"})
    name = "bookmark-manager-staging-ecs-scheduler"
    about = f.get_function(FunctionName=name)["Configuration"]
    same((about["FunctionArn"], about["State"]), (stop["Target"]["Arn"], "Active"))
    same([x["FunctionName"] for x in f.list_functions()["Functions"]], [name])
    refused(f.get_function, "ResourceNotFoundException", FunctionName="none")
    same(f.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"], 204)
    answer = f.invoke(FunctionName=name, Payload=json.dumps({"action": "stop"}), LogType="Tail")
    same((answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer), (200, "$LATEST", False))
    payload = json.load(answer["Payload"])
    same([x["to"] for x in payload["changed"]], [0, 0])
    true(b"REPORT RequestId" in base64.b64decode(answer["LogResult"]), "log")
    service = e.describe_services(cluster=C, services=[WEB], include=["TAGS"])["services"][0]
    same(service["desiredCount"], 0)
    kept = {t["key"]: t["value"] for t in service["tags"]}["cockpit:desired-count"]
    same(f.invoke(FunctionName=about["FunctionArn"], InvocationType="Event", Payload=b'{"action":"start"}')["StatusCode"], 202)
    same(e.describe_services(cluster=C, services=[WEB])["services"][0]["desiredCount"], int(kept))
    answer = f.invoke(FunctionName=name, Payload=b"{}")
    same((answer["FunctionError"], json.load(answer["Payload"])["errorType"]), ("Unhandled", "Error"))
    refused(f.invoke, "InvalidRequestContentException", FunctionName=name, Payload=b"{")
    advance(120)


def power():
    r = client("rds")
    status = lambda: r.describe_db_instances(DBInstanceIdentifier="bookmark-manager-staging-db")["DBInstances"][0]["DBInstanceStatus"]
    one = {"DBInstanceIdentifier": "bookmark-manager-staging-db"}
    refused(r.start_db_instance, "InvalidDBInstanceState", **one)
    same(r.stop_db_instance(**one)["DBInstance"]["DBInstanceStatus"], "stopping")
    refused(r.stop_db_instance, "InvalidDBInstanceState", **one)
    advance(121)
    same(status(), "stopped")
    same(r.start_db_instance(**one)["DBInstance"]["DBInstanceStatus"], "starting")
    advance(201)
    same(status(), "available")
    cluster = {"DBClusterIdentifier": "bookmark-manager-prod-aurora"}
    refused(r.start_db_cluster, "InvalidDBClusterStateFault", **cluster)
    refused(r.stop_db_instance, "InvalidParameterCombination", DBInstanceIdentifier="bookmark-manager-prod-aurora-1")
    refused(r.stop_db_instance, "DBInstanceNotFound", DBInstanceIdentifier="none")
    refused(r.stop_db_cluster, "DBClusterNotFoundFault", DBClusterIdentifier="none")
    same(r.stop_db_cluster(**cluster)["DBCluster"]["Status"], "stopping")
    advance(121)
    same(r.describe_db_clusters(**cluster)["DBClusters"][0]["Status"], "stopped")
    same(r.start_db_cluster(**cluster)["DBCluster"]["Status"], "starting")
    advance(201)
    same({i["DBInstanceStatus"] for i in r.describe_db_instances()["DBInstances"]}, {"available"})


def faults():
    e = client("ecs")
    control("/_sim/fault", {"operation": "ecs:UpdateService", "kind": "lost", "count": 1})
    refused(e.update_service, "ServerException", cluster=C, service=WEB, desiredCount=2)
    same(e.describe_services(cluster=C, services=[WEB])["services"][0]["desiredCount"], 2, "it worked all the same")
    e.update_service(cluster=C, service=WEB, desiredCount=1)
    control("/_sim/fault", {"operation": "ecs:*", "kind": "throttle", "seconds": 120})
    advance(119)
    refused(e.list_clusters, "ThrottlingException")
    advance(1)
    e.list_clusters()
    control("/_sim/fault", {"operation": "*", "kind": "expired"})
    refused(e.list_clusters, "ExpiredTokenException")
    refused(client("scheduler").list_schedules, "ExpiredTokenException")
    refused(client("lambda").list_functions, "ExpiredTokenException")
    control("/_sim/fault", {"clear": True, "kind": "expired"})
    e.list_clusters()


def databases():
    r = client("rds")
    clusters = pages(r, "describe_db_clusters", "DBClusters")
    same([c["DBClusterIdentifier"] for c in clusters], ["bookmark-manager-prod-aurora"])
    cluster = clusters[0]
    writers = [m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"]]
    same(writers, ["bookmark-manager-prod-aurora-1"])
    same(cluster["ServerlessV2ScalingConfiguration"], {"MinCapacity": 0.5, "MaxCapacity": 2.0})
    same((cluster["BackupRetentionPeriod"], cluster["DeletionProtection"]), (30, True))
    instances = pages(r, "describe_db_instances", "DBInstances")
    same(len(instances), 4)
    by = [{"Name": "db-cluster-id", "Values": [cluster["DBClusterIdentifier"]]}]
    same(len(r.describe_db_instances(Filters=by)["DBInstances"]), 2)
    staging = r.describe_db_instances(DBInstanceIdentifier="bookmark-manager-staging-db")["DBInstances"][0]
    same((staging["Engine"], staging["DBInstanceClass"], staging["AllocatedStorage"]), ("postgres", "db.t4g.micro", 20))
    same((staging["MultiAZ"], staging["BackupRetentionPeriod"]), (False, 7))
    change = {"instance": "minimal-db", "name": "AllocatedStorage", "value": "40"}
    control("/_sim/world", {"pending_change": change})
    minimal = r.describe_db_instances(DBInstanceIdentifier="minimal-db")["DBInstances"][0]
    same(minimal["PendingModifiedValues"], {"AllocatedStorage": 40})
    refused(r.describe_db_instances, "DBInstanceNotFound", DBInstanceIdentifier="none")
    refused(r.describe_db_clusters, "DBClusterNotFoundFault", DBClusterIdentifier="none")
    refused(r.describe_db_clusters, "InvalidParameterValue", MaxRecords=5)
    same(r.failover_db_cluster(DBClusterIdentifier=cluster["DBClusterIdentifier"])["DBCluster"]["Status"], "failing-over")
    advance(40)
    cluster = pages(r, "describe_db_clusters", "DBClusters")[0]
    writers = [m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"]]
    same((cluster["Status"], writers), ("available", ["bookmark-manager-prod-aurora-2"]))
    messages = [e["Message"] for e in pages(r, "describe_events", "Events", SourceType="db-cluster")]
    same(messages[0], "Started cross AZ failover to DB instance: bookmark-manager-prod-aurora-2")
    same(messages[-1], "Completed failover to DB instance: bookmark-manager-prod-aurora-2")
    backups = r.describe_events(SourceType="db-instance", SourceIdentifier="minimal-db", Duration=2 * 1440, EventCategories=["backup"])
    same([e["Message"] for e in backups["Events"]], ["Backing up DB instance", "Finished DB Instance backup"] * 2)
    refused(r.describe_events, "InvalidParameterCombination", SourceIdentifier="minimal-db")
    same(client("rds", "us-east-1").describe_db_instances()["DBInstances"], [])
    refused(r.describe_db_parameter_groups, "InvalidAction")


def balancers():
    b = client("elbv2")
    found = pages(b, "describe_load_balancers", "LoadBalancers", PaginationConfig={"PageSize": 1})
    same([x["LoadBalancerName"] for x in found], ["bookmark-manager-prod-alb", "bookmark-manager-staging-alb"])
    groups = pages(b, "describe_target_groups", "TargetGroups", LoadBalancerArn=found[1]["LoadBalancerArn"])
    same([g["TargetGroupName"] for g in groups], [API, WEB])
    health = b.describe_target_health(TargetGroupArn=groups[1]["TargetGroupArn"])["TargetHealthDescriptions"]
    same([h["TargetHealth"]["State"] for h in health], ["healthy"])
    control("/_sim/world", {"unhealthy": {"service": WEB}})
    health = b.describe_target_health(TargetGroupArn=groups[1]["TargetGroupArn"])["TargetHealthDescriptions"]
    same(health[0]["TargetHealth"]["State"], "unhealthy")
    advance(180)
    refused(b.describe_target_groups, "TargetGroupNotFound", Names=["none"])
    refused(b.describe_load_balancers, "LoadBalancerNotFound", Names=["none"])


def metrics():
    w = client("cloudwatch")
    alarms = pages(w, "describe_alarms", "MetricAlarms", AlarmNamePrefix="bookmark-manager-staging-", PaginationConfig={"PageSize": 2})
    same(len(alarms), 6)
    same({a["StateValue"] for a in alarms}, {"OK"})
    load = w.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    same([(one["AlarmName"], one["StateValue"]) for one in load], [("bookmark-manager-prod-load", "OK")])
    parts = w.describe_alarms(ChildrenOfAlarmName="bookmark-manager-prod-load")["MetricAlarms"]
    same([one["AlarmName"] for one in parts], [f"bookmark-manager-prod-{name}-cpu-high" for name in ("api", "db", "web")])
    quiet = "bookmark-manager-staging-db-cpu-high"
    rule = {"AlarmName": "made", "AlarmRule": f'NOT ALARM("{quiet}") AND (OK({quiet}) OR FALSE)'}
    w.put_composite_alarm(**rule, ActionsSuppressor="bookmark-manager-prod-load", ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=60)
    made = w.describe_alarms(AlarmNames=["made"], AlarmTypes=["CompositeAlarm", "MetricAlarm"])["CompositeAlarms"][0]
    same((made["StateValue"], made["ActionsSuppressor"], "ActionsSuppressedBy" in made), ("ALARM", "bookmark-manager-prod-load", False))
    true(f":alarm:{quiet} transitioned to OK at " in made["StateReason"], made["StateReason"])
    same([one["AlarmName"] for one in w.describe_alarms(ParentsOfAlarmName=quiet)["CompositeAlarms"]], ["made"])
    changes = w.describe_alarm_history(AlarmName="made", AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"]
    same([(one["AlarmType"], one["HistorySummary"]) for one in changes], [("CompositeAlarm", "Alarm updated from INSUFFICIENT_DATA to ALARM")])
    # A raised alarm suppresses the actions of another.
    w.put_composite_alarm(AlarmName="quiet", AlarmRule="ALARM(made)", ActionsSuppressor="made", ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=60)
    kept = w.describe_alarms(AlarmNames=["quiet"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    same((kept["StateValue"], kept["ActionsSuppressedBy"]), ("ALARM", "Alarm"))
    refused(w.delete_alarms, "ValidationError", AlarmNames=["made"])
    for name in ("quiet", "made"):
        w.delete_alarms(AlarmNames=[name])
    for bad in ("ALARM(none)", "ALARM(", " "):
        refused(w.put_composite_alarm, "ValidationError", AlarmName="bad", AlarmRule=bad)
    history = pages(w, "describe_alarm_history", "AlarmHistoryItems", AlarmName=alarms[0]["AlarmName"], PaginationConfig={"PageSize": 1})
    same(history[0]["HistoryItemType"], "StateUpdate")
    same(json.loads(history[0]["HistoryData"])["newState"]["stateValue"], alarms[0]["StateValue"])
    everything = pages(w, "describe_alarm_history", "AlarmHistoryItems", PaginationConfig={"PageSize": 2})
    true(all(a["Timestamp"] >= b["Timestamp"] for a, b in zip(everything, everything[1:])), "newest first")
    refused(w.describe_alarm_history, "InvalidParameterValue", MaxRecords=101)
    listed = pages(w, "list_metrics", "Metrics", Namespace="AWS/WAFV2")
    true({"BlockedRequests", "AllowedRequests"} == {m["MetricName"] for m in listed}, "the firewall's metrics")
    listed = pages(w, "list_metrics", "Metrics", Namespace="AWS/ECS")
    same(len(listed), 8)
    now = alarms[0]["StateUpdatedTimestamp"]
    state = control("/_sim/state")["now"]
    now = now.fromisoformat(state.replace("Z", "+00:00"))
    queries = [
        {"Id": f"m{i}", "MetricStat": {"Metric": {k: m[k] for k in ("Namespace", "MetricName", "Dimensions")}, "Period": 60, "Stat": "Average"}}
        for i, m in enumerate(pages(w, "list_metrics", "Metrics"))
    ]
    results = pages(w, "get_metric_data", "MetricDataResults", MetricDataQueries=queries, StartTime=now - timedelta(hours=3), EndTime=now)
    same(len(results), len(queries))
    full = [r for r in results if len(r["Values"]) >= 179]
    true(len(full) >= len(queries) - 4, f"{len(full)} of {len(queries)} metrics have three hours")
    true(all(len(r["Values"]) == len(r["Timestamps"]) for r in results), "as many times as values")
    true(full[0]["Timestamps"][0] > full[0]["Timestamps"][-1], "newest first")
    one = w.get_metric_statistics(
        Namespace="AWS/RDS", MetricName="CPUUtilization", Period=300, Statistics=["Average", "Maximum"], ExtendedStatistics=["p99"],
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "minimal-db"}], StartTime=now - timedelta(hours=1), EndTime=now,
    )["Datapoints"]
    true(12 <= len(one) <= 13, f"{len(one)} datapoints")
    true(all(0 < p["Average"] <= p["Maximum"] <= 100 for p in one), "percent")
    true("p99" in one[0]["ExtendedStatistics"], "p99")
    refused(w.get_metric_data, "ValidationError", MetricDataQueries=queries[:1], StartTime=now, EndTime=now)
    refused(w.list_dashboards, "InvalidAction")


def names():
    """A name of 255 characters of all kinds."""
    e = client("ecs")
    name = ("日本語🚀<&>\"'\x1b[31m" * 30)[:255]
    control("/_sim/world", {"rename_service": {"from": "pantri-service", "to": name}})
    e = client("ecs", "us-east-1")
    arns = pages(e, "list_services", "serviceArns", cluster="pantri")
    same(arns[0].split("/", 2)[2], name)
    same(e.describe_services(cluster="pantri", services=arns)["services"][0]["serviceName"], name)
    listed = pages(client("cloudwatch", "us-east-1"), "list_metrics", "Metrics", Namespace="AWS/ECS")
    true(any(d["Value"] == name for m in listed for d in m["Dimensions"]), "the name in CBOR")


def trail():
    """Writes are listed with their caller, after a delay."""
    t = client("cloudtrail")
    # This test would exceed the limit of two requests per second.
    control("/_sim/rates", {"rate": "cloudtrail:lookup", "per_second": 100, "burst": 100})
    client("ecs").update_service(cluster=C, service=API, desiredCount=1)
    refused(client("ecs").update_service, "ServiceNotFoundException", cluster=C, service="none", desiredCount=1)
    recorded = lambda: [json.loads(e["CloudTrailEvent"]) for e in pages(t, "lookup_events", "Events", LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "UpdateService"}], PaginationConfig={"PageSize": 1})]
    before = len(recorded())
    control("/_sim/world", {"trail_delay": 0})
    events = recorded()
    same(len(events) - before >= 2, True, "they come later")
    same((events[0]["errorCode"], events[0]["requestParameters"]["service"]), ("ServiceNotFoundException", "none"))
    same(events[1]["requestParameters"], {"cluster": C, "service": API, "desiredCount": 1})
    true(events[1]["requestID"] and events[1]["userIdentity"]["arn"], "who, and by which request")
    reads = t.lookup_events(LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}])["Events"]
    true(all(e["ReadOnly"] == "false" for e in reads), "writes alone")
    refused(t.lookup_events, "InvalidMaxResultsException", MaxResults=51)
    refused(t.lookup_events, "InvalidNextTokenException", NextToken="nonsense")


def costs():
    c = client("ce")
    control("/_sim/rates", {"rate": "ce", "per_second": 100, "burst": 100})
    today = control("/_sim/state")["now"][:10]
    start = str(datetime.fromisoformat(today).date() - timedelta(days=20))
    end = str(datetime.fromisoformat(today).date() + timedelta(days=5))
    answer = c.get_cost_and_usage(
        TimePeriod={"Start": start, "End": today}, Granularity="DAILY", Metrics=["UnblendedCost"],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )
    same(len(answer["ResultsByTime"]), 20)
    groups = answer["ResultsByTime"][0]["Groups"]
    true(any(float(g["Metrics"]["UnblendedCost"]["Amount"]) > 0 for g in groups), "it costs something")
    forecast = c.get_cost_forecast(TimePeriod={"Start": today, "End": end}, Metric="UNBLENDED_COST", Granularity="MONTHLY")
    true(float(forecast["Total"]["Amount"]) > 0, "a forecast")
    refused(c.get_cost_forecast, "ValidationException", TimePeriod={"Start": start, "End": end}, Metric="UNBLENDED_COST", Granularity="MONTHLY")


def strings():
    """Escape sequences, Japanese and emoji in XML and CBOR too."""
    text = "日本 🚀 <b>&\"' \x1b[31m"
    control("/_sim/world", {"rename_alarm": {"from": "minimal-disk-high", "to": text}})
    same(len(client("cloudwatch").describe_alarms(AlarmNames=[text])["MetricAlarms"]), 1)
    control("/_sim/world", {"rename_instance": {"from": "minimal-db", "to": text}})
    ids = [i["DBInstanceIdentifier"] for i in client("rds").describe_db_instances()["DBInstances"]]
    # XML 1.0 has no way to write an escape character.
    true(text.replace("\x1b", "\ufffd") in ids, f"{text} in {ids}")
    control("/_sim/world", {"note": {"service": WEB, "text": text}})
    events = client("ecs").describe_services(cluster=C, services=[WEB])["services"][0]["events"]
    true(events[0]["message"].endswith(text), events[0]["message"])


def parameters():
    s = client("ssm", attempts=5)
    path = "/bookmark-manager/staging/"
    under = [{"Key": "Path", "Option": "Recursive", "Values": [path]}]
    listed = pages(s, "describe_parameters", "Parameters", ParameterFilters=under, PaginationConfig={"PageSize": 2})
    names = [one["Name"] for one in listed]
    true(path + "DATABASE_URL" in names and path + "SMTP_PASSWORD" in names and names == sorted(names), names)
    begins = [{"Key": "Name", "Option": "BeginsWith", "Values": [path]}]
    same([one["Name"] for one in pages(s, "describe_parameters", "Parameters", ParameterFilters=begins)], names)
    exact = s.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [path + "DATABASE_URL", "/none"]}])["Parameters"]
    same([(one["Type"], one["KeyId"], one["Tier"]) for one in exact], [("SecureString", "alias/aws/ssm", "Standard")])
    true(exact[0]["LastModifiedUser"].startswith("arn:aws:sts::"), "who wrote it")
    hidden = s.get_parameter(Name=path + "DATABASE_URL")["Parameter"]
    shown = s.get_parameter(Name=path + "DATABASE_URL", WithDecryption=True)["Parameter"]
    true(hidden["Value"].startswith("AQICAHh") and shown["Value"].startswith("postgres://"), "decrypted only on request")
    some = s.get_parameters(Names=[path + "DATABASE_URL", "/none"], WithDecryption=True)
    same(([one["Value"] for one in some["Parameters"]], some["InvalidParameters"]), ([shown["Value"]], ["/none"]))
    by_path = pages(s, "get_parameters_by_path", "Parameters", Path=path, PaginationConfig={"PageSize": 2})
    same([one["Name"] for one in by_path], names)
    # A new parameter, its versions, and refused requests.
    long = "line 1\nline \"2\" 'x'\n" + "é" * 3000
    refused(s.put_parameter, "ValidationException", Name="/new/ONE", Value=long, Type="SecureString")
    made = s.put_parameter(Name="/new/ONE", Value=long, Type="SecureString", Tier="Advanced")
    same((made["Version"], made["Tier"]), (1, "Advanced"))
    refused(s.put_parameter, "ParameterAlreadyExists", Name="/new/ONE", Value="x", Type="SecureString")
    advance(60)
    same(s.put_parameter(Name="/new/ONE", Value="two", Overwrite=True)["Version"], 2)
    versions = pages(s, "get_parameter_history", "Parameters", Name="/new/ONE", WithDecryption=True)
    same([(one["Version"], one["Value"]) for one in versions], [(1, long), (2, "two")])
    same((versions[1]["LastModifiedDate"] - versions[0]["LastModifiedDate"]).seconds, 60)
    same(s.get_parameter(Name="/new/ONE:1", WithDecryption=True)["Parameter"]["Value"], long)
    refused(s.get_parameter, "ParameterVersionNotFound", Name="/new/ONE:9")
    refused(s.put_parameter, "ValidationException", Name="/new/ONE", Value="x", Overwrite=True, Tier="Standard")
    refused(s.put_parameter, "ValidationException", Name="a/b", Value="x", Type="String")
    refused(s.put_parameter, "ValidationException", Name="/aws/x", Value="x", Type="String")
    s.delete_parameter(Name="/new/ONE")
    refused(s.delete_parameter, "ParameterNotFound", Name="/new/ONE")
    refused(s.get_parameter, "ParameterNotFound", Name="/new/ONE")
    # A KMS key that must not be used.
    s.put_parameter(Name="/new/KEYED", Value="x", Type="SecureString", KeyId="alias/mine")
    control("/_sim/poke", {"refuse_key": "alias/mine"})
    text = refused(s.get_parameter, "AccessDeniedException", Name="/new/KEYED", WithDecryption=True)
    true("kms:Decrypt" in text, text)
    refused(s.put_parameter, "AccessDeniedException", Name="/new/KEYED", Value="y", Overwrite=True, KeyId="alias/mine")
    s.get_parameter(Name="/new/KEYED")
    s.delete_parameter(Name="/new/KEYED")


def secrets():
    s = client("secretsmanager")
    listed = pages(s, "list_secrets", "SecretList", PaginationConfig={"PageSize": 1})
    by_name = {one["Name"]: one for one in listed}
    aurora = by_name["bookmark-manager-prod-aurora/app"]
    true(aurora["RotationEnabled"] and aurora["NextRotationDate"] > aurora["LastRotatedDate"], "it is rotated")
    same(by_name["bookmark-manager-staging-db/app"]["RotationEnabled"], False)
    one = s.describe_secret(SecretId=aurora["ARN"])
    same(list(one["VersionIdsToStages"].values()), [["AWSCURRENT"]])
    true("dbname" in s.get_secret_value(SecretId=aurora["Name"])["SecretString"], "its value")
    refused(s.describe_secret, "ResourceNotFoundException", SecretId="none")
    # The next rotation fails: its version stays pending and never becomes the current one.
    control("/_sim/poke", {"fail_rotation": "bookmark-manager-prod-aurora"})
    advance(20 * 24 * 3600)
    stuck = s.describe_secret(SecretId=aurora["ARN"])
    same(sorted(map(tuple, stuck["VersionIdsToStages"].values())), [("AWSCURRENT",), ("AWSPENDING",)])
    same(stuck["LastRotatedDate"], aurora["LastRotatedDate"])


def credentials():
    e = client("ecs", key="AKIAOLD")
    e.list_clusters()
    control("/_sim/expire", {"access_key": "AKIAOLD"})
    refused(e.list_clusters, "ExpiredTokenException")
    refused(client("rds", key="AKIAOLD").describe_db_instances, "ExpiredToken")
    refused(client("cloudwatch", key="AKIAOLD").describe_alarms, "ExpiredToken")
    client("ecs", key="AKIANEW").list_clusters()
    control("/_sim/fault", {"operation": "*", "kind": "denied", "count": 3})
    text = refused(client("rds").describe_db_clusters, "AccessDenied")
    true("is not authorized to perform: rds:DescribeDBClusters because" in text, text)
    refused(client("ecs").list_clusters, "AccessDeniedException")
    refused(client("cloudwatch").describe_alarms, "AccessDenied")
    control("/_sim/fault", {"operation": "*", "kind": "throttle", "count": 3})
    refused(client("ecs").list_clusters, "ThrottlingException")
    refused(client("rds").describe_db_clusters, "Throttling")
    refused(client("cloudwatch").describe_alarms, "Throttling")


def request_counts():
    report = control("/_sim/requests")
    same(report["unknown"], 3)
    true(report["operations"]["ecs:DescribeServices"]["count"] > 5, "counted")
    true(report["budgets"]["ecs:services"]["count"] > 5, "budget")
    wanted = 71
    true(len(SEEN) >= wanted, f"{len(SEEN)} operations seen: {sorted(SEEN)}")


each(identity, ecs, deployments, balancers, metrics, trail, costs, registration, tagging, images, rollouts, changes, scaling, scheduled, nights, faults, databases, power, names, strings, parameters, secrets, credentials, request_counts)
done()
