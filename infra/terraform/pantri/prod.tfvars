# Pantri, workspace prod: three zones, always two tasks, and more on Fargate and Spot as needed.
environment = "production"
name_prefix = "pantri"
account_id  = "123456789012"

cidr_block   = "10.11.0.0/16"
zone_letters = ["a", "b", "c"]
nat_gateways = 3 # one per zone, so that no zone depends on another

cpu         = 512
memory      = 1024
autoscaling = { min = 2, max = 10 }
# The first two tasks are never interrupted; half of the additional ones run on Spot.
capacity = { fargate_base = 2, fargate_weight = 1, spot_weight = 1 }

container_insights = true
log_retention_days = 30

log_group_name         = "/aws/ecs/pantri"
datadog_log_group_name = "/ecs/datadog-agent"

# CloudWatch anomaly alarms on requests, response time and failures.
anomaly_monitors = true

static_infrequent_access_after_days = 180

mfa                 = "ON"
deletion_protection = true
monthly_budget_usd  = 300
