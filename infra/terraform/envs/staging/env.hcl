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

  cluster_name       = "${local.name_prefix}-cluster"
  files_bucket       = "${local.name_prefix}-files-${local.account_id}"
  log_retention_days = 7

  network = {
    cidr_block          = "10.0.0.0/16"
    availability_zones  = ["${local.region}a", "${local.region}c"]
    nat_gateways        = 0
    interface_endpoints = ["ecr.api", "ecr.dkr", "logs"]
    gateway_endpoints   = ["s3"]
  }

  database = {
    engine                = "rds"
    engine_version        = "17"
    instance_class        = "db.t4g.micro"
    database_name         = "bookmarkdb"
    username              = "dbadmin"
    port                  = 5432
    max_connections       = 80 # what a micro instance carries
    backup_retention_days = 7
    production            = false
    deletion_protection   = false
    skip_final_snapshot   = true
    allow_destroy         = true
  }
  database_identifier = "${local.name_prefix}-db"

  # Images are pushed under a git revision; the first apply takes this tag, later ones leave what is deployed.
  image_tag = "initial"

  services = {
    web = {
      port              = 3000
      cpu               = 256
      memory            = 512
      health_check_path = "/health"
      path_patterns     = []
      secrets           = []
      egress_ports      = [80] # server-side rendering asks the API through the load balancer
      uses_database     = false
    }
    api = {
      port              = 4000
      cpu               = 256
      memory            = 512
      health_check_path = "/api/health"
      path_patterns     = ["/api/*"]
      secrets           = ["DATABASE_URL", "JWT_SECRET", "MONGODB_URI"]
      egress_ports      = [27017] # MongoDB Atlas
      uses_database     = true
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
}
