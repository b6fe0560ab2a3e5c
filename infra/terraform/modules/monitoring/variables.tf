variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "parameter_path" {
  description = "Path of the environment's parameters, e.g. `/bookmark-manager/prod`."
  type        = string
}

variable "services" {
  description = "ECS services to watch, by short name."
  type = map(object({
    cluster_name = string
    service_name = string
  }))
  default = {}
}

variable "database" {
  description = "The database to watch; null for none."
  type = object({
    engine          = string
    identifier      = string
    max_connections = number
  })
  default = null
}

variable "nat_gateway_ids" {
  description = "IDs of the NAT gateways whose traffic is watched, by zone letter."
  type        = map(string)
  default     = {}
}

variable "scheduler_function_name" {
  description = "Name of the function that starts and stops services; null for none."
  type        = string
  default     = null
}

variable "thresholds" {
  description = "Alarm thresholds: utilization in percent, error lines within five minutes, storage and traffic in GiB."
  type = object({
    task_cpu             = optional(number, 80)
    task_memory          = optional(number, 80)
    error_lines          = optional(number, 10)
    database_cpu         = optional(number, 80)
    database_connections = optional(number, 80)
    database_free_gb     = optional(number, 5)
    nat_gib_per_day      = optional(number, 10)
  })
  default = {}

  validation {
    condition     = alltrue([for percent in [var.thresholds.task_cpu, var.thresholds.task_memory, var.thresholds.database_cpu, var.thresholds.database_connections] : percent > 0 && percent <= 100])
    error_message = "Thresholds in percent must be between 1 and 100: outside this range an alarm never fires or never ends."
  }
}

variable "alarm_emails" {
  description = "E-mail addresses that receive alarms; each must confirm its subscription once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alarm_emails contains an invalid e-mail address."
  }
}

variable "budget" {
  description = "Monthly budget in USD, and the value of the tag Environment whose costs count; null for no budget."
  type = object({
    monthly_usd     = number
    environment_tag = string
  })
  default = null

  validation {
    condition     = var.budget == null ? true : var.budget.monthly_usd > 0
    error_message = "budget.monthly_usd must be greater than 0."
  }
}

variable "health_checks" {
  description = "URLs that Route 53 checks over HTTPS every 30 seconds from several regions, by short name; about $0.75 to $2 a month each."
  type = map(object({
    domain = string
    path   = string
  }))
  default = {}

  validation {
    condition     = alltrue([for check in values(var.health_checks) : startswith(check.path, "/") && can(regex("^[a-z0-9.-]+$", check.domain))])
    error_message = "A health check needs a domain without a scheme, e.g. example.com, and a path that starts with /."
  }
}

variable "anomalies" {
  description = "Anomaly alarms on a load balancer's requests, response time and 5xx responses. `load_balancer` is the part of its ARN after `loadbalancer/`; `width` is the width of the expected band in standard deviations. Three alarms of $0.30 a month each; null for none."
  type = object({
    load_balancer = string
    width         = optional(number, 2)
  })
  default = null

  validation {
    condition     = var.anomalies == null ? true : var.anomalies.width > 0
    error_message = "anomalies.width must be greater than 0. At 2 the alarms are sensitive; at 4 they fire only on extreme values."
  }
}

variable "dashboard" {
  description = "Create a CloudWatch dashboard; the first three of an account are free."
  type        = bool
  default     = true
}

variable "datadog" {
  description = "Run the Datadog agent as a sidecar of each service; null for no agent."
  type = object({
    environment = string
    site        = optional(string, "datadoghq.com")
    image       = optional(string, "public.ecr.aws/datadog/agent:7")
  })
  default = null
}

variable "sentry" {
  description = "Create the parameter SENTRY_DSN, for services that report errors to Sentry."
  type        = bool
  default     = false
}
