# Minimal: one instance and one database; in phase 2 a load balancer in front of an Auto Scaling group.
locals {
  project        = "minimal"
  environment    = "minimal"
  name_prefix    = "minimal"
  parameter_path = "/minimal"

  # Set your own; must match the cockpit's config.toml.
  account_id = "123456789012"
  region     = "ap-northeast-1"
  state      = "local" # or "s3": see root.hcl
  # Permissions boundary of the roles that a workflow's apply creates. envs/bootstrap/ci creates it; used with shared state only.
  boundary = local.state == "s3" ? "arn:aws:iam::${local.account_id}:policy/${local.name_prefix}-boundary" : null

  # Your own values, by unit. They are in version control because the workflows need them too; none is secret. While the state
  # is local, values that belong in no repository go into a unit's terraform.tfvars (root.hcl).
  own = {
    security   = {} # { cloudtrail, guardduty, aws_config = true }
    monitoring = {} # { alarm_emails = ["team@example.com"] }
    instance   = {}
  }

  # Set to 2 when one instance is no longer enough. The environment variable is for trying it out.
  phase = tonumber(get_env("MINIMAL_PHASE", "1"))

  # Images are built elsewhere and only pulled. Immutable tags make rollbacks reliable.
  mutable_tags = false
  image_tag    = "initial"
  port         = 3000

  # Phase 2 is behind a load balancer with a certificate. Set your own domain. Keep delegated = false until the registrar has
  # the zone's name servers (output route53_zone_name_servers).
  domain = local.phase == 1 ? null : {
    name        = "minimal.example.com"
    create_zone = true
    delegated   = true
  }

  files_bucket       = "${local.name_prefix}-files-${local.account_id}"
  log_retention_days = 30
  role               = "instance" # name suffix of the application's role

  # Everything may be emptied and destroyed at any time.
  allow_destroy = true

  network = {
    cidr_block         = "10.2.0.0/16"
    availability_zones = ["${local.region}a", "${local.region}c"]
    nat_gateways       = 0
    # In phase 2 the instances are in private subnets without a NAT gateway and reach AWS services through endpoints
    # (Session Manager needs three; ECR needs two, and S3 for image layers).
    interface_endpoints = local.phase == 1 ? [] : ["ecr.api", "ecr.dkr", "logs", "monitoring", "ec2messages", "ssm", "ssmmessages"]
    gateway_endpoints   = ["s3"]
  }

  database = {
    engine                = "rds"
    engine_version        = "17"
    instance_class        = "db.t4g.micro"
    multi_az              = local.phase == 2
    read_replica          = local.phase == 2
    database_name         = "minimaldb"
    username              = "dbadmin"
    port                  = 5432
    max_connections       = 80
    backup_retention_days = 7
    production            = false
    deletion_protection   = false
    skip_final_snapshot   = true
    allow_destroy         = local.allow_destroy
  }
  # The estimate for a month in README.md plus at least a quarter.
  monthly_budget_usd = local.phase == 1 ? 60 : 280

  database_identifier = "${local.name_prefix}-db"

  services = {
    app = {
      port          = local.port
      uses_database = true
      public_port   = local.phase == 1 ? 80 : null # the application's own port is never public
      egress_ports  = []
    }
  }
}
