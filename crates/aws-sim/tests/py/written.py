"""Pushing images to the registry as Docker does, and changing the firewall as Terraform does."""

import hashlib
import json
import urllib.request

from strict import SEEN, advance, client, control, done, pages, refused, same, true

WEB, CLUSTER = "bookmark-manager-staging-web", "bookmark-manager-staging-cluster"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG, LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"
ecr, ecs, waf = client("ecr"), client("ecs"), client("wafv2")


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def upload(data, size=None):
    """Uploads a layer in parts and returns its digest."""
    begun = ecr.initiate_layer_upload(repositoryName=WEB)
    size = size or begun["partSize"]
    for first in range(0, len(data), size):
        part = data[first:first + size]
        got = ecr.upload_layer_part(repositoryName=WEB, uploadId=begun["uploadId"], partFirstByte=first, partLastByte=first + len(part) - 1, layerPartBlob=part)
        same(got["lastByteReceived"], first + len(part) - 1)
    return ecr.complete_layer_upload(repositoryName=WEB, uploadId=begun["uploadId"], layerDigests=[sha(data)])["layerDigest"]


def pushed():
    """An image is pushed as by a client and then deployed."""
    layer = bytes(range(256)) * 4 * 6 * 1024
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [sha(layer)]}}).encode()
    asked = ecr.batch_check_layer_availability(repositoryName=WEB, layerDigests=[sha(layer), sha(config), "sha256:short"])
    same([one["layerAvailability"] for one in asked["layers"]], ["UNAVAILABLE", "UNAVAILABLE"])
    same([(one["layerDigest"], one["failureCode"]) for one in asked["failures"]], [("sha256:short", "InvalidLayerDigest")])
    entry = lambda kind, data: {"mediaType": kind, "digest": sha(data), "size": len(data)}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": entry(CONFIG, config), "layers": [entry(LAYER, layer)]}
    text = json.dumps(manifest)
    refused(ecr.put_image, "LayersNotFoundException", repositoryName=WEB, imageManifest=text, imageTag="built")
    # 6 MB in two parts, the first with the minimum size.
    same(upload(layer, 5 << 20), sha(layer))
    upload(config)
    asked = ecr.batch_check_layer_availability(repositoryName=WEB, layerDigests=[sha(layer), sha(config)])["layers"]
    same([(one["layerAvailability"], one["layerSize"]) for one in asked], [("AVAILABLE", len(layer)), ("AVAILABLE", len(config))])
    with urllib.request.urlopen(ecr.get_download_url_for_layer(repositoryName=WEB, layerDigest=sha(layer))["downloadUrl"]) as blob:
        same(sha(blob.read()), sha(layer))
    refused(ecr.put_image, "ImageDigestDoesNotMatchException", repositoryName=WEB, imageManifest=text, imageDigest=sha(b""))
    put = ecr.put_image(repositoryName=WEB, imageManifest=text, imageTag="built")["image"]
    same(put["imageId"], {"imageDigest": sha(text.encode()), "imageTag": "built"})
    known = ecr.describe_images(repositoryName=WEB, imageIds=[{"imageTag": "built"}])["imageDetails"][0]
    same(known["imageSizeInBytes"], len(layer) + len(config) + len(text))
    listed = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"}
    child = {"mediaType": MANIFEST, "size": 1, "platform": {"architecture": "amd64", "os": "linux"}}
    bad = json.dumps({**listed, "manifests": [{**child, "digest": sha(b"none")}]})
    refused(ecr.put_image, "ReferencedImagesNotFoundException", repositoryName=WEB, imageManifest=bad)
    good = json.dumps({**listed, "manifests": [{**child, "digest": sha(text.encode())}]})
    ecr.put_image(repositoryName=WEB, imageManifest=good, imageTag="many")
    # The pushed image runs.
    definition = ecs.describe_task_definition(taskDefinition=WEB)["taskDefinition"]
    keep = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "requiresCompatibilities", "cpu", "memory")
    containers = definition["containerDefinitions"]
    containers[0]["image"] = containers[0]["image"].rsplit(":", 1)[0] + ":built"
    new = ecs.register_task_definition(containerDefinitions=containers, **{key: definition[key] for key in keep})["taskDefinition"]
    ecs.update_service(cluster=CLUSTER, service=WEB, taskDefinition=new["taskDefinitionArn"])
    advance(300)
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=ecs.list_tasks(cluster=CLUSTER, serviceName=WEB)["taskArns"])["tasks"]
    same({task["containers"][0]["imageDigest"] for task in tasks}, {sha(text.encode())})


def broken():
    """The errors of failing pushes."""
    part = lambda upload, first, data, last=None, name=WEB: dict(repositoryName=name, uploadId=upload, partFirstByte=first, partLastByte=first + len(data) - 1 if last is None else last, layerPartBlob=data)
    end = lambda upload, data: dict(repositoryName=WEB, uploadId=upload, layerDigests=[sha(data)])
    begin = lambda: ecr.initiate_layer_upload(repositoryName=WEB)["uploadId"]
    refused(ecr.initiate_layer_upload, "RepositoryNotFoundException", repositoryName="none")
    one = begin()
    refused(ecr.complete_layer_upload, "EmptyUploadException", **end(one, b""))
    refused(ecr.upload_layer_part, "InvalidLayerPartException", **part(one, 5, b"late"))
    refused(ecr.upload_layer_part, "InvalidLayerPartException", **part(one, 0, b"short", last=90))
    refused(ecr.upload_layer_part, "UploadNotFoundException", **part("00000000-0000-4000-8000-000000000000", 0, b"x"))
    refused(ecr.upload_layer_part, "UploadNotFoundException", **part(one, 0, b"x", name="bookmark-manager-staging-api"))
    ecr.upload_layer_part(**part(one, 0, b"begin"))
    refused(ecr.complete_layer_upload, "InvalidLayerException", **end(one, b"something else"))
    ecr.upload_layer_part(**part(one, 5, b"ning"))
    refused(ecr.complete_layer_upload, "LayerPartTooSmallException", **end(one, b"beginning"))
    two = begin()
    ecr.upload_layer_part(**part(two, 0, b"beginning"))
    ecr.complete_layer_upload(**end(two, b"beginning"))
    refused(ecr.complete_layer_upload, "UploadNotFoundException", **end(two, b"beginning"))
    three = begin()
    ecr.upload_layer_part(**part(three, 0, b"beginning"))
    refused(ecr.complete_layer_upload, "LayerAlreadyExistsException", **end(three, b"beginning"))


def firewall():
    """Creating, reading, changing and deleting a web ACL as Terraform does."""
    found = waf.list_web_acls(Scope="REGIONAL")
    same([one["Name"] for one in found["WebACLs"]], ["bookmark-manager-prod-alb-waf", "bookmark-manager-staging-alb-waf"])
    first = waf.list_web_acls(Scope="REGIONAL", Limit=1)
    same([one["Name"] for one in waf.list_web_acls(Scope="REGIONAL", Limit=1, NextMarker=first["NextMarker"])["WebACLs"]], ["bookmark-manager-staging-alb-waf"])
    refused(waf.list_web_acls, "WAFInvalidParameterException", Scope="CLOUDFRONT")
    same(client("wafv2", region="us-east-1").list_web_acls(Scope="CLOUDFRONT")["WebACLs"], [])
    balancer = client("elbv2").describe_load_balancers(Names=["bookmark-manager-staging-alb"])["LoadBalancers"][0]["LoadBalancerArn"]
    before = waf.get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]
    same([rule["Name"] for rule in before["Rules"]], ["rate-limit", "common-rules", "bad-inputs", "sql-injection"])
    counted = pages(client("cloudwatch"), "list_metrics", "Metrics", Namespace="AWS/WAFV2", Dimensions=[{"Name": "WebACL", "Value": before["Name"]}])
    rules = {d["Value"] for metric in counted for d in metric["Dimensions"] if d["Name"] == "Rule"} - {"ALL"}
    true(rules <= {rule["VisibilityConfig"]["MetricName"] for rule in before["Rules"]}, "metrics are of its rules")
    view = lambda name: {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}
    rule = lambda name, at: {
        "Name": name, "Priority": at, "OverrideAction": {"None": {}}, "VisibilityConfig": view(name),
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
    }
    settings = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": view("made")}
    tags = [{"Key": "Environment", "Value": "staging"}]
    made = waf.create_web_acl(Name="made", Scope="REGIONAL", Description="by a test", Rules=[rule("common", 1)], Tags=tags, **settings)["Summary"]
    refused(waf.create_web_acl, "WAFDuplicateItemException", Name="made", Scope="REGIONAL", **settings)
    refused(waf.create_web_acl, "WAFDuplicateItemException", Name="more", Scope="REGIONAL", Rules=[rule("a", 1), rule("b", 1)], **settings)
    one = {"Name": "made", "Scope": "REGIONAL", "Id": made["Id"]}
    read = waf.get_web_acl(**one)
    same((read["LockToken"], read["WebACL"]["Rules"], read["WebACL"]["Capacity"]), (made["LockToken"], [rule("common", 1)], 700))
    same(waf.get_web_acl(ARN=made["ARN"])["WebACL"], read["WebACL"])
    changed = waf.update_web_acl(**one, LockToken=read["LockToken"], Rules=[rule("common", 1), rule("more", 2)], **settings)
    refused(waf.update_web_acl, "WAFOptimisticLockException", **one, LockToken=read["LockToken"], **settings)
    read = waf.get_web_acl(**one)
    same((read["LockToken"], len(read["WebACL"]["Rules"]), "Description" in read["WebACL"]), (changed["NextLockToken"], 2, False))
    same(waf.list_tags_for_resource(ResourceARN=made["ARN"])["TagInfoForResource"]["TagList"], tags)
    waf.tag_resource(ResourceARN=made["ARN"], Tags=[{"Key": "Environment", "Value": "test"}, {"Key": "Team", "Value": "shop"}])
    waf.untag_resource(ResourceARN=made["ARN"], TagKeys=["Team"])
    same(waf.list_tags_for_resource(ResourceARN=made["ARN"])["TagInfoForResource"]["TagList"], [{"Key": "Environment", "Value": "test"}])
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=balancer)
    same(waf.list_resources_for_web_acl(WebACLArn=made["ARN"])["ResourceArns"], [balancer])
    same(waf.list_resources_for_web_acl(WebACLArn=before["ARN"])["ResourceArns"], [])
    refused(waf.delete_web_acl, "WAFAssociatedItemException", **one, LockToken=changed["NextLockToken"])
    waf.disassociate_web_acl(ResourceArn=balancer)
    true("WebACL" not in waf.get_web_acl_for_resource(ResourceArn=balancer), "nothing stands before it")
    waf.delete_web_acl(**one, LockToken=changed["NextLockToken"])
    refused(waf.get_web_acl, "WAFNonexistentItemException", **one)
    refused(waf.associate_web_acl, "WAFNonexistentItemException", WebACLArn=made["ARN"], ResourceArn=balancer)
    # The caller is recorded, as for every write.
    control("/_sim/world", {"trail_delay": 0})
    written = client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "UpdateWebACL"}])["Events"]
    same({one["EventSource"] for one in written}, {"wafv2.amazonaws.com"})
    parts = client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "UploadLayerPart"}])["Events"]
    same({json.loads(one["CloudTrailEvent"])["requestParameters"]["layerPartBlob"] for one in parts}, {"HIDDEN_DUE_TO_SECURITY_REASONS"})


control("/_sim/rates", {"on": False})
for part in (pushed, broken, firewall):
    part()
same(len([name for name in SEEN if name.startswith("wafv2:")]), 12, "operations of WAF")
done()
