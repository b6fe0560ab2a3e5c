# bookmark-manager, production: private subnets in two zones, with a domain and a firewall, running all day.
locals {
  project        = "bookmark-manager"
  environment    = "prod"
  name_prefix    = "${local.project}-${local.environment}"
  parameter_path = "/${local.project}/${local.environment}"

  # Set your own; must match the cockpit's config.toml.
  account_id = "123456789012"
  region     = "ap-northeast-1"
  state      = "local" # or "s3": see root.hcl
  # Permissions boundary of the roles that a workflow's apply creates. envs/bootstrap/ci creates it; used with shared state only.
  boundary = local.state == "s3" ? "arn:aws:iam::${local.account_id}:policy/${local.name_prefix}-boundary" : null

  # Your own values, by unit. They are in version control because the workflows need them too; none is secret. While the state
  # is local, values that belong in no repository go into a unit's terraform.tfvars (root.hcl).
  own = {
    security   = {} # { allowed_cidr_blocks = ["203.0.113.4/32"] }, and cloudtrail, guardduty, aws_config = true
    monitoring = {} # { alarm_emails = ["team@example.com"] }
    compute    = {} # { cloudfront = {} }
  }

  namespace          = "${local.name_prefix}.internal"
  cluster_name       = "${local.name_prefix}-cluster"
  files_bucket       = "${local.name_prefix}-files-${local.account_id}"
  log_retention_days = 30
  role               = "task" # name suffix of the application's role

  # To destroy production, set it to true, apply database and compute, then destroy. Otherwise keep it false.
  allow_destroy = false

  domain = {
    name        = "tidilyspace.app"
    create_zone = true
    # False until the registrar has the zone's name servers (output name_servers). Until then the certificate cannot be
    # validated, and the load balancer serves HTTP only.
    delegated = true
  }

  # Health checks from outside, as visitors see the site; {} for none.
  health_checks = {
    web = { domain = local.domain.name, path = "/health" }
    api = { domain = local.domain.name, path = "/api/health" }
  }

  network = {
    cidr_block          = "10.1.0.0/16"
    availability_zones  = ["${local.region}a", "${local.region}c"]
    nat_gateways        = 1
    interface_endpoints = ["ecr.api", "ecr.dkr"]
    gateway_endpoints   = ["s3"]
  }

  database = {
    engine                = "aurora"
    engine_version        = "17.6"
    instances             = ["1", "2"] # name suffixes of a writer and a reader
    min_capacity          = 0.5
    max_capacity          = 2
    database_name         = "bookmarkdb"
    username              = "dbadmin"
    port                  = 5432
    max_connections       = 400 # what 2 ACU (4 GiB) can carry
    backup_retention_days = 30
    production            = true
    deletion_protection   = true
    skip_final_snapshot   = false
    allow_destroy         = local.allow_destroy
  }
  database_identifier = "${local.name_prefix}-aurora"

  # Immutable tags identify exactly what was deployed, and a rollback starts exactly what ran. A second push of :latest is
  # rejected. If true, it is allowed, but a rollback to a revision that uses :latest starts the newest image.
  mutable_tags = false
  # The tag of the first deployment. Applying another tag deploys it; otherwise later deployments are kept (README).
  image_tag = "initial"

  autoscaling = { min = 1, max = 10, cpu = 70, memory = 80, out_cooldown = 60, in_cooldown = 300 }

  services = {
    web = {
      port              = 3000
      cpu               = 1024
      memory            = 2048
      health_check_path = "/health"
      path_patterns     = []
      secrets           = ["SENTRY_DSN"]
      egress_ports      = []
      uses_database     = true                # server-side rendering queries the database directly
      calls             = { API_URL = "api" } # and calls the API inside the VPC
      autoscaling       = local.autoscaling
    }
    api = {
      port              = 4000
      cpu               = 1024
      memory            = 2048
      health_check_path = "/api/health"
      path_patterns     = ["/api/*"]
      secrets           = ["JWT_SECRET", "MONGODB_URI", "SENTRY_DSN"]
      egress_ports      = [27017] # MongoDB Atlas
      uses_database     = true
      calls             = {}
      autoscaling       = local.autoscaling
    }
  }

  # A grace period of two minutes, as in staging; after that a task is unhealthy after a minute and a half of failed checks.
  health_check = { grace_period = 120, interval = 30, unhealthy_threshold = 3 }

  # The peak figure of the specification. Its calm month is 190.50; the estimate in README.md is higher, and neither may
  # trigger the alarm.
  monthly_budget_usd = 620
}
