# bookmark-manager, staging: small, without redundancy, stopped at night, and may be destroyed at any time.
locals {
  project        = "bookmark-manager"
  environment    = "staging"
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
  log_retention_days = 7
  role               = "task" # name suffix of the application's role

  # Everything may be emptied and destroyed at any time.
  allow_destroy = true

  network = {
    cidr_block          = "10.0.0.0/16"
    availability_zones  = ["${local.region}a", "${local.region}c"]
    nat_gateways        = 0
    interface_endpoints = ["ecr.api", "ecr.dkr", "logs"]
    gateway_endpoints   = ["s3"]
  }

  database = {
    engine                = "rds"
    engine_version        = "17.6"
    instance_class        = "db.t4g.micro"
    database_name         = "bookmarkdb"
    username              = "dbadmin"
    port                  = 5432
    max_connections       = 80 # what a micro instance can carry
    backup_retention_days = 7
    production            = false
    deletion_protection   = false
    skip_final_snapshot   = true
    allow_destroy         = local.allow_destroy
  }
  database_identifier = "${local.name_prefix}-db"

  # Images are pushed under a mutable tag such as :latest, followed by a forced new deployment, or under a Git revision. A
  # rollback to an earlier revision of the task definition starts the image its tag points to *now*, which after a push of
  # :latest is the new image again. Only a tag that never moved, or a digest (as `cockpit deploy` uses it), can be rolled
  # back to.
  mutable_tags = true
  # The tag of the first deployment. Applying another tag deploys it; otherwise later deployments are kept (README).
  image_tag = "latest"

  services = {
    web = {
      port              = 3000
      cpu               = 256
      memory            = 512
      health_check_path = "/health"
      path_patterns     = []
      secrets           = []
      egress_ports      = []
      uses_database     = true                # server-side rendering queries the database directly
      calls             = { API_URL = "api" } # and calls the API inside the VPC
    }
    api = {
      port              = 4000
      cpu               = 256
      memory            = 512
      health_check_path = "/api/health"
      path_patterns     = ["/api/*"]
      secrets           = ["JWT_SECRET", "MONGODB_URI"]
      egress_ports      = [27017] # MongoDB Atlas
      uses_database     = true
      calls             = {}
    }
  }

  # The tasks are small and slow: a grace period of two minutes, then ten failed checks before a task is unhealthy.
  health_check = { grace_period = 120, interval = 60, unhealthy_threshold = 10 }

  # Office hours; no service runs outside them.
  schedule = {
    start    = "cron(0 9 ? * MON-FRI *)"
    stop     = "cron(0 22 ? * MON-FRI *)"
    timezone = "Asia/Tokyo"
  }

  # The estimate in README.md for running all day, plus at least a quarter; office hours cost less.
  monthly_budget_usd = 130
}
