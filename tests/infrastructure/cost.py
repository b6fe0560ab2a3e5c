"""The monthly cost of an environment, from its plan: resources that are charged by the hour, at list prices.

Traffic, requests, stored logs, Container Insights and Datadog are not in a plan and not in the sum. Prices are entered
by hand (USD, on demand) and equal those of crates/cockpit-model/src/estimate/prices.json, which states the source that each
was checked against in September 2026; the Spot discount is not a list price. Correct them here when they change.
"""

import math
import re

HOURS = 730  # a month

PRICES = {
    "ap-northeast-1": {
        "fargate vCPU": 0.05056, "fargate GB": 0.00553, "alb": 0.0243, "lcu": 0.008, "nat": 0.062, "endpoint": 0.014,
        "db.t4g.micro": 0.025, "db GB": 0.138, "acu": 0.15, "t3.nano": 0.0068, "t4g.small": 0.0216, "disk GB": 0.096,
    },
    "us-east-1": {
        "fargate vCPU": 0.04048, "fargate GB": 0.004445, "alb": 0.0225, "lcu": 0.008, "nat": 0.045, "endpoint": 0.01,
        "db.t4g.micro": 0.016, "db GB": 0.115, "acu": 0.12, "t3.nano": 0.0052, "t4g.small": 0.0168, "disk GB": 0.08,
    },
}
EVERYWHERE = {"address": 0.005 * HOURS, "secret": 0.40, "alarm": 0.10, "zone": 0.50, "health check": 1.50, "firewall": 5.0, "rule": 1.0}
SPOT = 0.3  # of the price, approximately
OFFICE_HOURS = 13 * 5 / 168

# The figures in the documents.
DOCUMENTED = {"staging": "$60–70 in office hours, $80–90 all day", "prod": "$190.50 calm, $620.50 peak"}


def estimate(units, region, peak=False):
    """USD per month, calm (the minimum of everything that scales) or at its peak."""
    price = PRICES[region]
    found = {address: values for resources in units.values() for address, values in resources.items()}

    def of(kind):
        return {address: values for address, values in found.items() if re.sub(r"\[[^]]*\]", "", address).split(".")[-2] == kind}

    share = OFFICE_HOURS if of("aws_scheduler_schedule") else 1.0
    definitions = {values["family"]: values for values in of("aws_ecs_task_definition").values()}
    total = 0.0
    for address, service in of("aws_ecs_service").items():
        definition = definitions[service["name"]]
        key = address[address.index("[") :]
        target = next((values for name, values in of("aws_appautoscaling_target").items() if name.endswith(key)), None)
        count = (target["max_capacity"] if peak else target["min_capacity"]) if target else service["desired_count"]
        task = int(definition["cpu"]) / 1024 * price["fargate vCPU"] + int(definition["memory"]) / 1024 * price["fargate GB"]
        providers = {each["capacity_provider"]: each for each in service["capacity_provider_strategy"]}
        base = min(count, providers.get("FARGATE", {}).get("base") or 0)
        weights = sum(each["weight"] or 0 for each in providers.values()) or 1
        spot = math.floor((count - base) * (providers.get("FARGATE_SPOT", {}).get("weight") or 0) / weights)
        total += task * HOURS * share * (count - spot + spot * SPOT)
        if service["network_configuration"][0]["assign_public_ip"]:
            total += EVERYWHERE["address"] * count * share
    for balancer in of("aws_lb").values():
        zones = len(balancer.get("subnets") or []) or 2
        total += (price["alb"] + price["lcu"]) * HOURS + zones * EVERYWHERE["address"]
    total += len(of("aws_nat_gateway")) * (price["nat"] * HOURS + EVERYWHERE["address"])
    interface = [each for each in of("aws_vpc_endpoint").values() if each["vpc_endpoint_type"] == "Interface"]
    total += sum((len(each.get("subnet_ids") or []) or 1) * price["endpoint"] * HOURS for each in interface)
    for instance in of("aws_db_instance").values():
        copies = 2 if instance.get("multi_az") else 1
        total += copies * (price[instance["instance_class"]] * HOURS + (instance.get("allocated_storage") or 20) * price["db GB"])
    for cluster in of("aws_rds_cluster").values():
        capacity = cluster["serverlessv2_scaling_configuration"][0]
        total += len(of("aws_rds_cluster_instance")) * price["acu"] * HOURS * capacity["max_capacity" if peak else "min_capacity"]
    sizes = [(each["instance_type"], each["root_block_device"][0]["volume_size"], bool(each.get("associate_public_ip_address"))) for each in of("aws_instance").values()]
    for group in of("aws_autoscaling_group").values():
        template = next(iter(of("aws_launch_template").values()))
        sizes += [(template["instance_type"], template["block_device_mappings"][0]["ebs"][0]["volume_size"], False)] * group["max_size" if peak else "min_size"]
    for kind, disk, public in sizes:
        total += price[kind] * HOURS + disk * price["disk GB"] + (EVERYWHERE["address"] if public else 0)
    for firewall in of("aws_wafv2_web_acl").values():
        total += EVERYWHERE["firewall"] + len(firewall["rule"]) * EVERYWHERE["rule"]
    total += len(of("aws_secretsmanager_secret")) * EVERYWHERE["secret"] 
    # An alarm is charged per metric; an anomaly alarm has three (the metric, and both ends of the band).
    total += sum(3 if each.get("threshold_metric_id") else 1 for each in of("aws_cloudwatch_metric_alarm").values()) * EVERYWHERE["alarm"]
    total += (len(of("aws_route53_zone")) + len(of("aws_service_discovery_private_dns_namespace"))) * EVERYWHERE["zone"]
    total += len(of("aws_route53_health_check")) * EVERYWHERE["health check"]
    return total


HEAD = ["| environment | documents | estimate, calm | estimate, peak |", "|---|---|--:|--:|"]


def rows(estimates):
    made = {}
    for name, (calm, peak) in estimates.items():
        shown = f"${peak:.0f}" if round(peak) != round(calm) else "–"
        made[name] = f"| {name} | {DOCUMENTED.get(name, '–')} | ${calm:.0f} | {shown} |"
    return made
