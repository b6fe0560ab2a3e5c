variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string
}

variable "cluster_name" {
  description = "ECS cluster whose services are started and stopped."
  type        = string
}

variable "cluster_arn" {
  description = "The same as ARN."
  type        = string
}

variable "schedule" {
  description = "When to start and stop, as cron or rate expressions of EventBridge Scheduler."
  type = object({
    start    = string
    stop     = string
    timezone = string
  })

  validation {
    condition     = alltrue([for expression in [var.schedule.start, var.schedule.stop] : can(regex("^(cron|rate)\\(.+\\)$", expression))])
    error_message = "schedule.start and schedule.stop are expressions as cron(0 9 ? * MON-FRI *) or rate(12 hours)."
  }
}

variable "log_retention_days" {
  description = "How long the function's log is kept."
  type        = number
}

variable "permissions_boundary" {
  description = "ARN of the policy that limits every role made here; null: none. A workflow's apply may make no role without it."
  type        = string
  default     = null
}
