# Mock outputs of the units, so that a whole environment can be planned before any of it exists. Only init, validate and plan
# use them, never an apply. With REFUSE_MOCKS set, as for plans that are saved to be applied, plan does not use them either.
locals {
  commands = get_env("REFUSE_MOCKS", "") == "" ? ["init", "validate", "plan"] : ["init", "validate"]
  services = ["web", "api", "app"] # the services of all environments; extra ones do no harm

  ecr = {
    repository_urls = { for name in local.services : name => "mock.invalid/${name}" }
    repository_arns = { for name in local.services : name => "arn:aws:ecr:mock:123456789012:repository/${name}" }
  }
  network = {
    vpc_id             = "vpc-mock"
    public_subnet_ids  = ["subnet-mock-1", "subnet-mock-2"]
    private_subnet_ids = ["subnet-mock-3", "subnet-mock-4"]
    availability_zones = ["mock-1a", "mock-1c"]
    nat_gateway_ids    = {}
    s3_endpoint_id     = "vpce-mock"
  }
  security = {
    alb_security_group_id      = "sg-mock-alb"
    service_security_group_ids = { for name in local.services : name => "sg-mock-${name}" }
    database_security_group_id = "sg-mock-database"
  }
  database = {
    secrets = { DATABASE_URL = "arn:aws:ssm:mock:123456789012:parameter/mock/DATABASE_URL" }
  }
  monitoring = {
    alarm_topic_arn = "arn:aws:sns:ap-northeast-1:123456789012:mock"
    sidecars        = []
    secrets         = { SENTRY_DSN = "arn:aws:ssm:mock:123456789012:parameter/mock/SENTRY_DSN" }
    sidecar_secrets = {}
  }
}
