"""moto, an independent emulator, seeded with boto3. Prints the created resources as one line of JSON and
serves until its standard input ends."""

import json
import os
import sys

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://127.0.0.1:{port}"
session = boto3.Session("AKIASEED000000000000", "seed", region_name="ap-northeast-1")


def client(name):
    return session.client(name, endpoint_url=endpoint)


ecs, rds, scaling = client("ecs"), client("rds"), client("application-autoscaling")
ec2, elb, cloudwatch = client("ec2"), client("elbv2"), client("cloudwatch")

ecs.create_cluster(clusterName="seeded")
vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"ap-northeast-1{z}")["Subnet"]["SubnetId"]
    for n, z in enumerate("ac")
]
group = elb.create_target_group(Name="seeded-web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
group = group["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.7", "Port": 80}])

for number in range(12):
    name = f"svc-{number:02}"
    ecs.register_task_definition(
        family=name,
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": f"example.invalid/{name}:v{number}", "cpu": 0, "memory": 128}],
    )
    more = {}
    if number == 0:
        more["loadBalancers"] = [{"targetGroupArn": group, "containerName": "app", "containerPort": 80}]
    ecs.create_service(cluster="seeded", serviceName=name, taskDefinition=name, desiredCount=number, **more)

target = {"ServiceNamespace": "ecs", "ResourceId": "service/seeded/svc-03", "ScalableDimension": "ecs:service:DesiredCount"}
scaling.register_scalable_target(MinCapacity=2, MaxCapacity=7, **target)
scaling.put_scaling_policy(
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration={
        "TargetValue": 61.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    },
    **target,
)
scaling.put_scheduled_action(
    ScheduledActionName="stop",
    Schedule="cron(0 22 * * ? *)",
    ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 0},
    **target,
)

rds.create_db_instance(
    DBInstanceIdentifier="seeded-db",
    DBInstanceClass="db.t4g.micro",
    Engine="postgres",
    AllocatedStorage=20,
    MasterUsername="seed",
    MasterUserPassword="seed-seed-seed",
)
rds.create_db_cluster(
    DBClusterIdentifier="seeded-aurora",
    Engine="aurora-postgresql",
    MasterUsername="seed",
    MasterUserPassword="seed-seed-seed",
)
for number in (1, 2):
    rds.create_db_instance(
        DBInstanceIdentifier=f"seeded-aurora-{number}",
        DBClusterIdentifier="seeded-aurora",
        DBInstanceClass="db.serverless",
        Engine="aurora-postgresql",
    )

print(json.dumps({"endpoint": endpoint}), flush=True)
sys.stdin.read()
os._exit(0)
