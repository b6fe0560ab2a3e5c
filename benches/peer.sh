#!/bin/sh
# Reads the data of `cockpit snapshot --env staging` as a script would: sequential AWS CLI calls, each for the
# names returned by the previous one. Usage: peer.sh COMMAND... (the command that runs `aws`).
set -eu
cluster=bookmark-manager-staging-cluster
database=bookmark-manager-staging-db
prefix=bookmark-manager-staging-
services="bookmark-manager-staging-web bookmark-manager-staging-api"

call() { $AWS "$@"; }
AWS="$*"

call sts get-caller-identity --output json
call ecs describe-clusters --clusters "$cluster" --output json
# shellcheck disable=SC2086
call ecs describe-services --cluster "$cluster" --services $services --output json
for status in RUNNING STOPPED; do
  tasks=$(call ecs list-tasks --cluster "$cluster" --desired-status "$status" --query 'taskArns[]' --output text)
  [ -z "$tasks" ] || [ "$tasks" = None ] || call ecs describe-tasks --cluster "$cluster" --tasks $tasks --output json
done
for service in $services; do
  definition=$(call ecs describe-services --cluster "$cluster" --services "$service" \
    --query 'services[0].taskDefinition' --output text)
  call ecs describe-task-definition --task-definition "$definition" --output json
  call ecs list-service-deployments --cluster "$cluster" --service "$service" --output json || true
done
groups=$(call ecs describe-services --cluster "$cluster" --services $services \
  --query 'services[].loadBalancers[].targetGroupArn' --output text)
for group in $groups; do
  [ "$group" = None ] || call elbv2 describe-target-health --target-group-arn "$group" --output json
done
for what in scalable-targets scaling-policies scheduled-actions scaling-activities; do
  call application-autoscaling "describe-$what" --service-namespace ecs --output json || true
done
call rds describe-db-clusters --output json
call rds describe-db-instances --db-instance-identifier "$database" --output json
call cloudwatch describe-alarms --alarm-name-prefix "$prefix" --output json
call cloudwatch get-metric-data --start-time "$(date -u -d '-3 hours' +%Y-%m-%dT%H:%M:%SZ)" \
  --end-time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --output json --metric-data-queries '[{"Id":"cpu","MetricStat":{"Metric":
  {"Namespace":"AWS/RDS","MetricName":"CPUUtilization","Dimensions":[{"Name":"DBInstanceIdentifier","Value":"'"$database"'"}]},
  "Period":60,"Stat":"Average"}}]'
