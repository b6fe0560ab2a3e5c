"""The public access to environments and their instances: load balancers, security groups, zones, certificates, EC2."""

import subprocess
import sys

from strict import ENDPOINT, advance, client, control, done, refused, same, true


def balancers():
    elb, ec2, acm = client("elbv2"), client("ec2"), client("acm")
    found = {b["LoadBalancerName"]: b for b in elb.describe_load_balancers()["LoadBalancers"]}
    staging, prod = found["bookmark-manager-staging-alb"], found["bookmark-manager-prod-alb"]
    plain = elb.describe_listeners(LoadBalancerArn=staging["LoadBalancerArn"])["Listeners"]
    same([(one["Port"], one["Protocol"]) for one in plain], [(80, "HTTP")])
    both = elb.describe_listeners(LoadBalancerArn=prod["LoadBalancerArn"])["Listeners"]
    same([(one["Port"], one["Protocol"]) for one in both], [(80, "HTTP"), (443, "HTTPS")])
    same(both[0]["DefaultActions"][0]["RedirectConfig"]["StatusCode"], "HTTP_301")
    arn = both[1]["Certificates"][0]["CertificateArn"]
    certificate = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    same(certificate["SubjectAlternativeNames"], ["bookmarks.example.com", "www.bookmarks.example.com"])
    same({one["ValidationStatus"] for one in certificate["DomainValidationOptions"]}, {"SUCCESS"})
    same([one["CertificateArn"] for one in acm.list_certificates()["CertificateSummaryList"]], [arn])
    group = ec2.describe_security_groups(GroupIds=staging["SecurityGroups"])["SecurityGroups"][0]
    ranges = [one["CidrIp"] for one in group["IpPermissions"][0]["IpRanges"]]
    same(ranges, ["203.0.113.0/24", "198.51.100.7/32"])
    refused(ec2.describe_security_groups, "InvalidGroup.NotFound", GroupIds=["sg-00000000000000000"])
    port = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    rule = {**port, "IpRanges": [{"CidrIp": "192.0.2.9/32", "Description": "a test"}]}
    made = ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
    same((made["Return"], [one["CidrIpv4"] for one in made["SecurityGroupRules"]]), (True, ["192.0.2.9/32"]))
    refused(ec2.authorize_security_group_ingress, "InvalidPermission.Duplicate", GroupId=group["GroupId"], IpPermissions=[rule])
    six = {**port, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::9/128"}]}
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[six])
    now = ec2.describe_security_groups(GroupIds=staging["SecurityGroups"])["SecurityGroups"][0]["IpPermissions"][0]
    same([one["CidrIp"] for one in now["IpRanges"]], ["203.0.113.0/24", "198.51.100.7/32", "192.0.2.9/32"])
    same([one["CidrIpv6"] for one in now["Ipv6Ranges"]], ["2001:db8::9/128"])
    for one in (rule, six):
        ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[one])
    refused(ec2.revoke_security_group_ingress, "InvalidPermission.NotFound", GroupId=group["GroupId"], IpPermissions=[rule])
    bad = {**port, "IpRanges": [{"CidrIp": "nowhere"}]}
    refused(ec2.authorize_security_group_ingress, "InvalidParameterValue", GroupId=group["GroupId"], IpPermissions=[bad])
    refused(elb.describe_listeners, "LoadBalancerNotFound", LoadBalancerArn="arn:aws:x")
    refused(acm.describe_certificate, "ResourceNotFoundException", CertificateArn="arn:aws:acm:ap-northeast-1:123456789012:certificate/0")


def zones():
    route53 = client("route53", region="us-east-1")
    found = {zone["Name"]: zone["Id"] for zone in route53.list_hosted_zones()["HostedZones"]}
    zone = route53.get_hosted_zone(Id=found["example.com."])
    same(len(zone["DelegationSet"]["NameServers"]), 4)
    records = route53.list_resource_record_sets(HostedZoneId=found["example.com."])["ResourceRecordSets"]
    aliases = [one for one in records if "AliasTarget" in one]
    same([one["Name"] for one in aliases], ["bookmarks.example.com.", "www.bookmarks.example.com."])
    true(aliases[0]["AliasTarget"]["DNSName"].startswith("dualstack.bookmark-manager-prod-alb-"), "alias")
    refused(route53.get_hosted_zone, "NoSuchHostedZone", Id="Z0")


def instances():
    ec2, ssm = client("ec2"), client("ssm")
    where = [{"Name": "tag:Project", "Values": ["bookmark-manager"]}]
    found = [one for r in ec2.describe_instances(Filters=where)["Reservations"] for one in r["Instances"]]
    same([one["State"]["Name"] for one in found], ["running", "stopped"])
    true(all(one["InstanceType"] == "t4g.nano" and one["PrivateIpAddress"].startswith("10.0.") for one in found), "facts")
    spare = found[1]["InstanceId"]
    same(len(ec2.describe_instance_status()["InstanceStatuses"]), 1)
    every = ec2.describe_instance_status(InstanceIds=[spare], IncludeAllInstances=True)["InstanceStatuses"]
    same(every[0]["InstanceStatus"]["Status"], "not-applicable")
    ec2.start_instances(InstanceIds=[spare])
    advance(20)
    begins = ec2.describe_instance_status(InstanceIds=[spare])["InstanceStatuses"][0]
    same(begins["SystemStatus"]["Status"], "initializing")
    advance(120)
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=[spare])
    # The waiter of the AWS CLI.
    words = ["ec2", "wait", "instance-running", "--instance-ids", spare, "--endpoint-url", ENDPOINT, "--region", "ap-northeast-1"]
    said = subprocess.run([sys.executable, "-m", "awscli", *words], capture_output=True, text=True, timeout=120)
    same((said.returncode, said.stderr), (0, ""), "aws ec2 wait")
    same([one["PingStatus"] for one in ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [spare]}])["InstanceInformationList"]], ["Online"])
    ec2.reboot_instances(InstanceIds=[spare])
    same(ec2.describe_instances(InstanceIds=[spare])["Reservations"][0]["Instances"][0]["State"]["Name"], "running")
    answer = ec2.stop_instances(InstanceIds=[spare])["StoppingInstances"][0]
    same((answer["PreviousState"]["Name"], answer["CurrentState"]["Name"]), ("running", "stopping"))
    advance(60)
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[spare])
    refused(ec2.reboot_instances, "IncorrectState", InstanceIds=[spare])


def permissions():
    iam = client("iam", region="us-east-1")
    role = iam.get_role(RoleName="AWSReservedSSO_admin_0123456789abcdef")["Role"]
    same(role["Path"], "/aws-reserved/sso.amazonaws.com/")
    actions = ["ssm:StartSession", "ecs:ExecuteCommand"]
    ask = lambda arn: iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, ResourceArns=["arn:aws:x:::a", "arn:aws:x:::b"])["EvaluationResults"]
    same([(one["EvalActionName"], one["EvalDecision"]) for one in ask(role["Arn"])], [(each, "allowed") for each in actions])
    plain = "arn:aws:iam::123456789012:role/AWSReservedSSO_admin_0123456789abcdef"
    refused(iam.simulate_principal_policy, "NoSuchEntity", PolicySourceArn=plain, ActionNames=actions)
    refused(iam.simulate_principal_policy, "InvalidInput", PolicySourceArn="arn:aws:iam::123456789012:root", ActionNames=actions)
    control("/_sim/world", {"refuse_action": {"role": role["Arn"], "action": actions[0], "resource": ":b", "by": "condition", "key": "aws:ResourceTag/Team"}})
    first = ask(role["Arn"])[0]
    same(first["EvalDecision"], "implicitDeny")
    each = first["ResourceSpecificResults"]
    same([one["EvalResourceDecision"] for one in each], ["allowed", "implicitDeny"])
    same([one["MissingContextValues"] for one in each], [[], ["aws:ResourceTag/Team"]])


for part in (balancers, zones, instances, permissions):
    part()
done()
