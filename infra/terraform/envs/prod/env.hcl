# bookmark-manager, production: in private subnets of two zones, with a domain, a firewall and all day.
locals {
  project        = "bookmark-manager"
  environment    = "prod"
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
  log_retention_days = 30
  role               = "task" # end of the name of the role that the application has

  # To take production down: true, apply database and compute, then destroy. Else false.
  allow_destroy = false

  domain = {
    name        = "tidilyspace.app"
    create_zone = true
    # False until the zone's name servers (output name_servers) are entered at the registrar: before that the
    # certificate cannot be validated, and the load balancer speaks HTTP only.
    delegated = true
  }

  # Asked from outside, as readers do; {}: none.
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
    instances             = ["1", "2"] # a writer and a reader, by the end of their names
    min_capacity          = 0.5
    max_capacity          = 2
    database_name         = "bookmarkdb"
    username              = "dbadmin"
    port                  = 5432
    max_connections       = 400 # what 2 ACU (4 GiB) carry
    backup_retention_days = 30
    production            = true
    deletion_protection   = true
    skip_final_snapshot   = false
    allow_destroy         = local.allow_destroy
  }
  database_identifier = "${local.name_prefix}-aurora"

  # A tag never moves: what was deployed can always be told, and a rollback starts exactly what ran. A push of :latest is
  # refused after the first; true allows it, and then a rollback to a revision that names it starts the new image again.
  mutable_tags = false
  # The tag that services start with. Another one here, applied, is deployed; deployments in between stay (README).
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
      uses_database     = true                # server-side rendering reads by itself too
      calls             = { API_URL = "api" } # and asks the API, inside the network
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

  # The same two minutes for a new task; then judged after a minute and a half.
  health_check = { grace_period = 120, interval = 30, unhealthy_threshold = 3 }

  # The documents' peak. Their calm month is 190.50, that of the estimate in README.md is higher and must not ring either.
  monthly_budget_usd = 620
}
