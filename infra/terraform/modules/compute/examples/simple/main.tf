# One service on Fargate behind a load balancer, in public subnets and therefore without a NAT gateway. Tasks start once an
# image is pushed.
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
  services            = { web = { port = 3000 } }
}

module "ecr" {
  source = "../../../ecr"

  name_prefix  = "shop-dev"
  repositories = ["web"]
  force_delete = true
}

module "compute" {
  source = "../.."

  name_prefix  = "shop-dev"
  cluster_name = "shop-dev"

  vpc_id                = module.network.vpc_id
  alb_subnet_ids        = module.network.public_subnet_ids
  alb_security_group_id = module.security.alb_security_group_id
  task_subnet_ids       = module.network.public_subnet_ids
  assign_public_ip      = true

  repository_arns    = values(module.ecr.repository_arns)
  parameter_path     = "/shop/dev"
  log_retention_days = 7
  health_check       = { interval = 30, unhealthy_threshold = 3 }
  expect_https       = false

  services = {
    web = {
      image             = "${module.ecr.repository_urls["web"]}:latest"
      port              = 3000
      cpu               = 256
      memory            = 512
      health_check_path = "/health"
      security_group_id = module.security.service_security_group_ids["web"]
    }
  }
}

output "website_url" {
  value = module.compute.website_url
}
