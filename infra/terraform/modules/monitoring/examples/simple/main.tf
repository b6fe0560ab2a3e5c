# Alarms on one service and a budget, with e-mail notifications.
provider "aws" {
  region = "ap-northeast-1"
}

module "monitoring" {
  source = "../.."

  name_prefix    = "shop-dev"
  parameter_path = "/shop/dev"
  services       = { web = { cluster_name = "shop-dev", service_name = "shop-dev-web" } }
  alarm_emails   = ["team@example.com"]
  budget         = { monthly_usd = 50, environment_tag = "dev" }
}

output "alarm_names" {
  value = module.monitoring.alarm_names
}
