"""Fills moto with the staging environment of config.toml. Usage: seed.py ENDPOINT"""
import sys

import boto3

endpoint = sys.argv[1]
name = "bookmark-manager-staging"


def client(service):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="ap-northeast-1",
        aws_access_key_id="example",
        aws_secret_access_key="example",
    )


ec2, elb, ecs, rds, scaling, cloudwatch = (
    client(s) for s in ("ec2", "elbv2", "ecs", "rds", "application-autoscaling", "cloudwatch")
)
vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]][:2]
guard = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
group = elb.create_target_group(Name=f"{name}-web", Protocol="HTTP", Port=3000, VpcId=vpc, TargetType="ip")
arn = group["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.10", "Port": 3000}])
cluster = f"{name}-cluster"
ecs.create_cluster(clusterName=cluster)
for role in ("web", "api"):
    service = f"{name}-{role}"
    ecs.register_task_definition(
        family=service,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": role, "image": f"example/{role}:1", "essential": True, "memory": 512}],
    )
    network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [guard], "assignPublicIp": "ENABLED"}}
    balanced = [{"targetGroupArn": arn, "containerName": role, "containerPort": 3000}] if role == "web" else []
    ecs.create_service(
        cluster=cluster,
        serviceName=service,
        taskDefinition=service,
        desiredCount=1,
        launchType="FARGATE",
        loadBalancers=balanced,
        networkConfiguration=network,
    )
    ecs.run_task(
        cluster=cluster, taskDefinition=service, launchType="FARGATE", networkConfiguration=network,
        startedBy="bench", group=f"service:{service}",
    )
    resource = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{cluster}/{service}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**resource, MinCapacity=1, MaxCapacity=10)
    scaling.put_scaling_policy(
        PolicyName=f"{service}-cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        },
        **resource,
    )
    scaling.put_scheduled_action(
        ScheduledActionName=f"{service}-stop",
        Schedule="cron(0 22 * * ? *)",
        Timezone="Asia/Tokyo",
        ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 0},
        **resource,
    )
    cloudwatch.put_metric_alarm(
        AlarmName=f"{service}-cpu",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=2,
        Threshold=85,
        ComparisonOperator="GreaterThanThreshold",
        Dimensions=[{"Name": "ServiceName", "Value": service}],
    )
rds.create_db_instance(
    DBInstanceIdentifier=f"{name}-db",
    DBInstanceClass="db.t4g.micro",
    Engine="postgres",
    AllocatedStorage=20,
    MasterUsername="example",
    MasterUserPassword="example-password",
)
