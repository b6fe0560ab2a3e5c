# Pantri, workspace dev: one task on Fargate Spot, one NAT gateway; may be destroyed at any time.
environment = "dev"
name_prefix = "pantri-dev"
account_id  = "123456789012"

cidr_block   = "10.10.0.0/16"
zone_letters = ["a", "b"]
nat_gateways = 1

cpu         = 256
memory      = 512
autoscaling = { min = 1, max = 2 }
# Interruptions are acceptable in dev: all tasks run on Spot.
capacity = { fargate_base = 0, fargate_weight = 0, spot_weight = 1 }

container_insights = false
log_retention_days = 7

log_group_name         = "/aws/ecs/pantri-dev"
datadog_log_group_name = "/ecs/pantri-dev-datadog-agent"

# No alarms on anomalies in dev.
anomaly_monitors = false

mfa                 = "OPTIONAL"
deletion_protection = false
allow_destroy       = true

# The estimate for a month in ../README.md plus at least a quarter.
monthly_budget_usd = 100
