variable "environment" {
  description = "`dev` (workspace dev) or `production` (workspace prod)."
  type        = string

  validation {
    condition     = contains(["dev", "production"], var.environment)
    error_message = "environment must be dev or production."
  }
}

variable "name_prefix" {
  description = "Prefix of every resource name, and the name of the cluster: `pantri` in prod, `pantri-dev` in dev."
  type        = string
}

variable "account_id" {
  description = "ID of the AWS account. Credentials of any other account are rejected."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must have twelve digits: aws sts get-caller-identity shows it."
  }
}

variable "region" {
  description = "AWS region of all resources. CloudFront requires its certificate in us-east-1."
  type        = string
  default     = "us-east-1"
}

variable "emulator" {
  description = "Use an AWS emulator on this machine (AWS_ENDPOINT_URL)."
  type        = bool
  default     = false
}

variable "cidr_block" {
  description = "CIDR block of the VPC, a /16."
  type        = string
}

variable "zone_letters" {
  description = "Availability zones to use, by letter."
  type        = list(string)
}

variable "nat_gateways" {
  description = "Number of NAT gateways: 1 (shared by all zones) or the number of zones."
  type        = number

  validation {
    condition     = var.nat_gateways >= 1
    error_message = "nat_gateways must be at least 1: tasks are in private subnets and reach the registry through it."
  }
}

variable "allowed_cidr_blocks" {
  description = "CIDR blocks that may reach the load balancer directly, to try it without CloudFront."
  type        = list(string)
  default     = []
}

variable "port" {
  description = "Port the application listens on."
  type        = number
  default     = 3000
}

variable "health_check_path" {
  description = "Health check path; returns 200 while the application is healthy."
  type        = string
  default     = "/api/health"
}

variable "image_tag" {
  description = "Image tag of the first apply. Later applies keep the deployed image unless the tag changes."
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
  description = "Minimum and maximum number of tasks, and the target CPU and memory utilization in percent."
  type = object({
    min    = number
    max    = number
    cpu    = optional(number, 70)
    memory = optional(number, 80)
  })
}

variable "capacity" {
  description = "Number of tasks that always run on Fargate (fargate_base), and the weights by which the others are split between Fargate and the cheaper Fargate Spot, which may be interrupted."
  type = object({
    fargate_base   = number
    fargate_weight = number
    spot_weight    = number
  })
}

variable "container_insights" {
  description = "Enable Container Insights: detailed task metrics, billed per metric."
  type        = bool
}

variable "log_retention_days" {
  description = "Log retention in days."
  type        = number
}

variable "static_infrequent_access_after_days" {
  description = "Days until static files move to Standard-IA storage; null for never."
  type        = number
  default     = null
}

variable "mfa" {
  description = "Multi-factor authentication of users: OFF, OPTIONAL or ON."
  type        = string

  validation {
    condition     = contains(["OFF", "OPTIONAL", "ON"], var.mfa)
    error_message = "mfa must be OFF, OPTIONAL or ON."
  }
}

variable "domain_name" {
  description = "Domain of the website, e.g. `example.com`; null to use CloudFront's own name."
  type        = string
  default     = null
}

variable "zone_id" {
  description = "ID of an existing Route 53 zone for the domain; null to create one."
  type        = string
  default     = null
}

variable "domain_delegated" {
  description = "Whether the registrar has the zone's name servers (output route53_zone_name_servers). Only then can the certificate be validated and HTTPS enabled."
  type        = bool
  default     = true
}

variable "log_group_name" {
  description = "Name of the service's log group."
  type        = string
}

variable "datadog_log_group_name" {
  description = "Name of the Datadog agent's log group."
  type        = string
}

variable "datadog_site" {
  description = "Your Datadog site."
  type        = string
  default     = "datadoghq.com"
}

variable "datadog_api_key_secret_arn" {
  description = "ARN of the Secrets Manager secret with Datadog's API key, created by hand (modules/datadog_logs). A copy of the service's log lines is then sent to Datadog. null for no copy."
  type        = string
  default     = null
}

variable "anomaly_monitors" {
  description = "Create anomaly alarms on requests, response time and 5xx responses, by hour and day of the week; $0.90 a month."
  type        = bool
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here, from envs/bootstrap/ci; null for none."
  type        = string
  default     = null
}

variable "alarm_emails" {
  description = "E-mail addresses that receive alarms; each must confirm its subscription once."
  type        = set(string)
  default     = []
}

variable "monthly_budget_usd" {
  description = "Monthly budget in USD; null for no budget."
  type        = number
  default     = null
}

variable "deletion_protection" {
  description = "Protect the load balancer and the user pool from deletion."
  type        = bool

  validation {
    condition     = var.environment != "production" || var.deletion_protection
    error_message = "deletion_protection is off in production. Set it to true; to take the environment down, set allow_destroy = true instead, apply, and then destroy (README, \"Taking an environment down\")."
  }
}

variable "allow_destroy" {
  description = "Lift the deletion protection and allow buckets and repositories to be emptied. Apply this first, then destroy."
  type        = bool
  default     = false
}
