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

  cluster_name       = "${local.name_prefix}-cluster"
  files_bucket       = "${local.name_prefix}-files-${local.account_id}"
  log_retention_days = 30

  # To take production down: true, apply database and compute, then destroy. Else false.
  allow_destroy = false

  domain = {
    name        = "tidilyspace.app"
    create_zone = true
    # False until the zone's name servers (output name_servers) are entered at the registrar: before that the
    # certificate cannot be validated, and the load balancer speaks HTTP only.
    delegated = true
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
    engine_version        = "17"
    instances             = 2 # a writer and a reader
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

  # Images are pushed under a git revision; the first apply takes this tag, later ones leave what is deployed.
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
      uses_database     = false
      autoscaling       = local.autoscaling
    }
    api = {
      port              = 4000
      cpu               = 1024
      memory            = 2048
      health_check_path = "/api/health"
      path_patterns     = ["/api/*"]
      secrets           = ["DATABASE_URL", "JWT_SECRET", "MONGODB_URI", "SENTRY_DSN"]
      egress_ports      = [27017] # MongoDB Atlas
      uses_database     = true
      autoscaling       = local.autoscaling
    }
  }

  # The same two minutes for a new task; then judged after a minute and a half.
  health_check = { grace_period = 120, interval = 30, unhealthy_threshold = 3 }

  # The documents' calm month is 190.50, their peak 620.50.
  monthly_budget_usd = 250
}
