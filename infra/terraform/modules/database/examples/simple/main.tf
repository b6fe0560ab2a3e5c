# The smallest PostgreSQL instance, in private subnets. Its connection string is the parameter /shop/dev/DATABASE_URL.
provider "aws" {
  region = "ap-northeast-1"
}

module "network" {
  source = "../../../network"

  name_prefix        = "shop-dev"
  cidr_block         = "10.20.0.0/16"
  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
}

module "security" {
  source = "../../../security"

  name_prefix         = "shop-dev"
  vpc_id              = module.network.vpc_id
  allowed_cidr_blocks = ["203.0.113.4/32"] # your own address: curl https://checkip.amazonaws.com
  services            = { web = { port = 3000, uses_database = true } }
}

module "database" {
  source = "../.."

  name_prefix        = "shop-dev"
  parameter_path     = "/shop/dev"
  subnet_ids         = module.network.private_subnet_ids
  security_group_id  = module.security.database_security_group_id
  availability_zones = module.network.availability_zones

  engine                = "rds"
  instance_class        = "db.t4g.micro"
  database_name         = "shop"
  max_connections       = 80
  log_retention_days    = 7
  backup_retention_days = 1
  production            = false
  deletion_protection   = false
  skip_final_snapshot   = true
}

output "endpoint" {
  value = module.database.endpoint
}
