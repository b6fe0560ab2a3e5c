variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "parameter_path" {
  description = "Where the environment's parameters lie, as `/bookmark-manager/prod`."
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
  description = "The database to watch; null: none."
  type = object({
    engine          = string
    identifier      = string
    max_connections = number
  })
  default = null
}

variable "nat_gateway_ids" {
  description = "NAT gateways whose traffic is watched, by zone letter."
  type        = map(string)
  default     = {}
}

variable "scheduler_function_name" {
  description = "The function that starts and stops services; null: none."
  type        = string
  default     = null
}

variable "thresholds" {
  description = "When alarms ring: per cent, lines in five minutes, GiB."
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
    error_message = "A threshold in per cent is not between 1 and 100, so its alarm could never ring or never stop."
  }
}

variable "alarm_emails" {
  description = "Addresses that alarms are sent to; each must confirm once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alarm_emails holds something that is no address of electronic mail."
  }
}

variable "budget" {
  description = "What a month may cost in USD, and the value of the tag Environment that is counted; null: no budget."
  type = object({
    monthly_usd     = number
    environment_tag = string
  })
  default = null

  validation {
    condition     = var.budget == null ? true : var.budget.monthly_usd > 0
    error_message = "budget.monthly_usd is more than 0."
  }
}

variable "health_checks" {
  description = "Addresses that Route 53 asks over HTTPS every 30 seconds from several regions, by short name; about $0.75 to $2 a month each."
  type = map(object({
    domain = string
    path   = string
  }))
  default = {}

  validation {
    condition     = alltrue([for check in values(var.health_checks) : startswith(check.path, "/") && can(regex("^[a-z0-9.-]+$", check.domain))])
    error_message = "A health check has a domain without a scheme, as example.com, and a path that begins with /."
  }
}

variable "anomalies" {
  description = "Tell what is unusual of a load balancer's requests, response time and answers 5xx. `load_balancer` is the end of its ARN behind `loadbalancer/`; `width` is that of the usual band, in standard deviations. Three alarms of $0.30 a month; null: none."
  type = object({
    load_balancer = string
    width         = optional(number, 2)
  })
  default = null

  validation {
    condition     = var.anomalies == null ? true : var.anomalies.width > 0
    error_message = "anomalies.width is more than 0: 2 finds more that is unusual, 4 only what is very unusual."
  }
}

variable "dashboard" {
  description = "A dashboard in CloudWatch; the first three of an account are free."
  type        = bool
  default     = true
}

variable "datadog" {
  description = "Run Datadog's agent beside each service; null: no."
  type = object({
    environment = string
    site        = optional(string, "datadoghq.com")
    image       = optional(string, "public.ecr.aws/datadog/agent:7")
  })
  default = null
}

variable "sentry" {
  description = "Give services an address of Sentry to report errors to."
  type        = bool
  default     = false
}
