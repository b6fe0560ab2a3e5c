# The application as a container on one instance in a public subnet (phase 1).
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
  services            = { app = { port = 3000, public_port = 80 } }
}

module "ecr" {
  source = "../../../ecr"

  name_prefix  = "shop-dev"
  repositories = ["app"]
  force_delete = true
}

module "monitoring" {
  source = "../../../monitoring"

  name_prefix    = "shop-dev"
  parameter_path = "/shop/dev"
}

module "instance" {
  source = "../.."

  name_prefix           = "shop-dev"
  phase                 = 1
  image                 = "${module.ecr.repository_urls["app"]}:initial"
  port                  = 3000
  parameter_path        = "/shop/dev"
  repository_arns       = values(module.ecr.repository_arns)
  vpc_id                = module.network.vpc_id
  public_subnet_ids     = module.network.public_subnet_ids
  private_subnet_ids    = module.network.private_subnet_ids
  security_group_id     = module.security.service_security_group_ids["app"]
  alb_security_group_id = module.security.alb_security_group_id
  alarm_topic_arn       = module.monitoring.alarm_topic_arn
}

output "website_url" {
  value = module.instance.website_url
}
