# A domain, its certificate and a firewall for an existing load balancer.
provider "aws" {
  region = "ap-northeast-1"
}

data "aws_lb" "shop" {
  name = "shop-dev-alb"
}

module "edge" {
  source = "../.."

  name_prefix = "shop-dev"
  domain      = { name = "shop.example.com", create_zone = true, delegated = false } # true when the registrar has the name servers
  waf         = true

  load_balancer = {
    arn      = data.aws_lb.shop.arn
    dns_name = data.aws_lb.shop.dns_name
    zone_id  = data.aws_lb.shop.zone_id
    https    = false
  }
}

output "name_servers" {
  value = module.edge.name_servers
}
