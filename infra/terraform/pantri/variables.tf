variable "environment" {
  description = "dev (workspace dev) or production (workspace prod)."
  type        = string

  validation {
    condition     = contains(["dev", "production"], var.environment)
    error_message = "environment is dev or production."
  }
}

variable "name_prefix" {
  description = "Begins the name of everything, and is the name of the cluster: `pantri` in prod, `pantri-dev` in dev."
  type        = string
}

variable "account_id" {
  description = "The account all this is in; nothing is done in another."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has twelve digits: aws sts get-caller-identity shows it."
  }
}

variable "region" {
  description = "Region of everything; CloudFront takes its certificate from us-east-1."
  type        = string
  default     = "us-east-1"
}

variable "emulator" {
  description = "AWS is an emulator on this machine (AWS_ENDPOINT_URL)."
  type        = bool
  default     = false
}

variable "cidr_block" {
  description = "Addresses of the network, a /16."
  type        = string
}

variable "zone_letters" {
  description = "Zones of the region to lie in, by their letter."
  type        = list(string)
}

variable "nat_gateways" {
  description = "1 for one NAT gateway that all zones share, or as many as there are zones."
  type        = number

  validation {
    condition     = var.nat_gateways >= 1
    error_message = "nat_gateways is at least 1: tasks are in private subnets and reach the registry over it."
  }
}

variable "allowed_cidr_blocks" {
  description = "Who reaches the load balancer beside CloudFront, for a trial without it."
  type        = list(string)
  default     = []
}

variable "port" {
  description = "Port that the application listens on."
  type        = number
  default     = 3000
}

variable "health_check_path" {
  description = "Path that answers 200 when the application is well."
  type        = string
  default     = "/api/health"
}

variable "image_tag" {
  description = "Image of the first apply; later ones leave what is deployed."
  type        = string
  default     = "initial"
}

variable "cpu" {
  description = "CPU units of a task."
  type        = number
}

variable "memory" {
  description = "Memory of a task in MB."
  type        = number
}

variable "autoscaling" {
  description = "Least and most tasks, and the CPU and memory in per cent that are aimed at."
  type = object({
    min    = number
    max    = number
    cpu    = optional(number, 70)
    memory = optional(number, 80)
  })
}

variable "capacity" {
  description = "How many tasks run on Fargate for sure (fargate_base), and how the others are split between Fargate and the cheaper Fargate Spot, which may be interrupted."
  type = object({
    fargate_base   = number
    fargate_weight = number
    spot_weight    = number
  })
}

variable "container_insights" {
  description = "Detailed metrics of tasks, paid by the metric."
  type        = bool
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "static_infrequent_access_after_days" {
  description = "After how many days static files move to cheaper storage; null: never."
  type        = number
  default     = null
}

variable "mfa" {
  description = "Whether people need a second factor: OFF, OPTIONAL or ON."
  type        = string

  validation {
    condition     = contains(["OFF", "OPTIONAL", "ON"], var.mfa)
    error_message = "mfa is OFF, OPTIONAL or ON."
  }
}

variable "domain_name" {
  description = "The website's domain, as `example.com`; null: CloudFront's own name."
  type        = string
  default     = null
}

variable "zone_id" {
  description = "The Route 53 zone that you have for it; null makes one."
  type        = string
  default     = null
}

variable "domain_delegated" {
  description = "Whether the zone's name servers (output route53_zone_name_servers) are already at the registrar: only then can the certificate be validated and HTTPS be on."
  type        = bool
  default     = true
}

variable "log_group_name" {
  description = "Log group of the service."
  type        = string
}

variable "datadog_log_group_name" {
  description = "Log group of Datadog's agent."
  type        = string
}

variable "datadog_site" {
  description = "Your site of Datadog."
  type        = string
  default     = "datadoghq.com"
}

variable "datadog_api_key_secret_arn" {
  description = "Sends a copy of the service's log lines to Datadog: the secret of Secrets Manager with its key, made by hand (modules/datadog_logs). null: no key, no copy."
  type        = string
  default     = null
}

variable "anomaly_monitors" {
  description = "Alarms on requests, response time and answers 5xx that are unusual for the hour and the day; $0.90 a month."
  type        = bool
}

variable "permissions_boundary" {
  description = "ARN of the policy that limits every role made here (envs/bootstrap/ci makes it); null: none."
  type        = string
  default     = null
}

variable "alarm_emails" {
  description = "Addresses that alarms are sent to; each must confirm once."
  type        = set(string)
  default     = []
}

variable "monthly_budget_usd" {
  description = "What a month may cost; null: no budget."
  type        = number
  default     = null
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer and the users."
  type        = bool

  validation {
    condition     = var.environment != "production" || var.deletion_protection
    error_message = "deletion_protection is off in production. Set it to true; to take the environment down, set allow_destroy = true instead, apply, and then destroy (README, \"Taking an environment down\")."
  }
}

variable "allow_destroy" {
  description = "Lifts the deletion protection and lets buckets and repositories be emptied. Apply it, then destroy."
  type        = bool
  default     = false
}
