# Minimal: one instance and one database; in the second phase a load balancer before a group of instances.
locals {
  project        = "minimal"
  environment    = "minimal"
  name_prefix    = "minimal"
  parameter_path = "/minimal"

  # Yours; the cockpit's config.toml names the same.
  account_id = "123456789012"
  region     = "ap-northeast-1"
  state      = "local" # or "s3": see root.hcl
  # Limits the roles that a workflow's apply makes; envs/bootstrap/ci makes it, and only there the state is shared.
  boundary = local.state == "s3" ? "arn:aws:iam::${local.account_id}:policy/${local.name_prefix}-boundary" : null

  # Values of your own, by unit. They are here, in version control, because the workflows must have the same; none is a
  # secret. What belongs in no repository goes into a unit's terraform.tfvars, while the state is in files (root.hcl).
  own = {
    security   = {} # { cloudtrail, guardduty, aws_config = true }
    monitoring = {} # { alarm_emails = ["team@example.com"] }
    instance   = {}
  }

  # 1, and 2 when one instance is no longer enough. The variable of the environment is for a trial.
  phase = tonumber(get_env("MINIMAL_PHASE", "1"))

  # Images are built elsewhere and only pulled. A tag that never moves can be rolled back to.
  mutable_tags = false
  image_tag    = "initial"
  port         = 3000

  # Phase 2 is behind a load balancer with a certificate. Yours; delegated: false until the zone's name servers (output
  # route53_zone_name_servers) are entered at the registrar.
  domain = local.phase == 1 ? null : {
    name        = "minimal.example.com"
    create_zone = true
    delegated   = true
  }

  files_bucket       = "${local.name_prefix}-files-${local.account_id}"
  log_retention_days = 30
  role               = "instance" # end of the name of the role that the application has

  # Everything may be emptied and destroyed at any time.
  allow_destroy = true

  network = {
    cidr_block         = "10.2.0.0/16"
    availability_zones = ["${local.region}a", "${local.region}c"]
    nat_gateways       = 0
    # Phase 2 has its instances in private subnets and no NAT gateway: what they call is reached over endpoints
    # (Session Manager speaks over three; the registry over two, its layers over S3).
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
  # A month by the estimate in README.md, and a quarter on top.
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
