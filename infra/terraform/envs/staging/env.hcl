# bookmark-manager, staging: small, in one place, stopped at night, and may be destroyed at any time.
locals {
  project        = "bookmark-manager"
  environment    = "staging"
  name_prefix    = "${local.project}-${local.environment}"
  parameter_path = "/${local.project}/${local.environment}"

  # Yours; the cockpit's config.toml names the same.
  account_id = "123456789012"
  region     = "ap-northeast-1"
  state      = "local" # or "s3": see root.hcl
  # Limits the roles that a workflow's apply makes; envs/bootstrap/ci makes it, and only there the state is shared.
  boundary = local.state == "s3" ? "arn:aws:iam::${local.account_id}:policy/${local.name_prefix}-boundary" : null

  # Values of your own, by unit. They are here, in version control, because the workflows must have the same; none is a
  # secret. What belongs in no repository goes into a unit's terraform.tfvars, while the state is in files (root.hcl).
  own = {
    security   = {} # { allowed_cidr_blocks = ["203.0.113.4/32"] }, and cloudtrail, guardduty, aws_config = true
    monitoring = {} # { alarm_emails = ["team@example.com"] }
    compute    = {} # { cloudfront = {} }
  }

  namespace          = "${local.name_prefix}.internal"
  cluster_name       = "${local.name_prefix}-cluster"
  files_bucket       = "${local.name_prefix}-files-${local.account_id}"
  log_retention_days = 7
  role               = "task" # end of the name of the role that the application has

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
    max_connections       = 80 # what a micro instance carries
    backup_retention_days = 7
    production            = false
    deletion_protection   = false
    skip_final_snapshot   = true
    allow_destroy         = local.allow_destroy
  }
  database_identifier = "${local.name_prefix}-db"

  # Images are pushed under a tag that may move, as :latest with a forced new deployment, or under a git revision. What
  # that means for a rollback: going back to a former revision of the task definition starts what its tag names *now*,
  # which after a push of :latest is the new image again. Only a tag that never moved, or a digest (as `cockpit deploy`
  # writes it), can be rolled back to.
  mutable_tags = true
  # The tag that services start with. Another one here, applied, is deployed; deployments in between stay (README).
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
      uses_database     = true                # server-side rendering reads by itself too
      calls             = { API_URL = "api" } # and asks the API, inside the network
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

  # New tasks are left alone for two minutes and then judged slowly: they are small.
  health_check = { grace_period = 120, interval = 60, unhealthy_threshold = 10 }

  # Office hours; outside them nothing runs.
  schedule = {
    start    = "cron(0 9 ? * MON-FRI *)"
    stop     = "cron(0 22 ? * MON-FRI *)"
    timezone = "Asia/Tokyo"
  }

  # A month of all days, by the estimate in README.md, and a quarter on top; office hours cost less.
  monthly_budget_usd = 130
}
