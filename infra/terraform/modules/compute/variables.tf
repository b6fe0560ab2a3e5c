variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "cluster_name" {
  description = "Name of the ECS cluster; same as `cluster` in the cockpit's config.toml."
  type        = string
}

variable "container_insights" {
  description = "Enable Container Insights: detailed task metrics, billed per metric."
  type        = bool
  default     = false
}

variable "vpc_id" {
  description = "ID of the VPC."
  type        = string
}

variable "alb_subnet_ids" {
  description = "IDs of the load balancer's public subnets, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.alb_subnet_ids) >= 2
    error_message = "alb_subnet_ids needs public subnets in at least two zones."
  }
}

variable "alb_security_group_id" {
  description = "ID of the load balancer's security group."
  type        = string
}

variable "task_subnet_ids" {
  description = "IDs of the subnets that tasks run in."
  type        = list(string)
}

variable "assign_public_ip" {
  description = "Give tasks a public IP address; needed in public subnets, where it replaces a NAT gateway."
  type        = bool
}

variable "services" {
  description = "Services by short name. The service without path_patterns receives every request that matches no other service. `secrets` are parameter names, and `uses_database` adds those of database_secrets. `calls` maps environment variables to the services whose internal URLs they receive. `log_group_name` overrides `/ecs/NAME`. `capacity` is the number of tasks that always run on Fargate (fargate_base) and the weights by which the others are split between Fargate and Fargate Spot."
  type = map(object({
    image             = string
    port              = number
    cpu               = number
    memory            = number
    desired_count     = optional(number, 1)
    health_check_path = string
    path_patterns     = optional(list(string), [])
    security_group_id = string
    environment       = optional(map(string), {})
    secrets           = optional(set(string), [])
    uses_database     = optional(bool, false)
    calls             = optional(map(string), {})
    log_group_name    = optional(string)
    autoscaling = optional(object({
      min          = number
      max          = number
      cpu          = optional(number, 70)
      memory       = optional(number, 80)
      out_cooldown = optional(number, 60)
      in_cooldown  = optional(number, 300)
    }))
    capacity = optional(object({
      fargate_base   = optional(number, 0)
      fargate_weight = optional(number, 1)
      spot_weight    = optional(number, 0)
    }), {})
  }))

  validation {
    condition     = length([for service in values(var.services) : 1 if length(service.path_patterns) == 0]) == 1
    error_message = "Exactly one service must have no path_patterns: it receives the requests that match no other service."
  }
  validation {
    condition     = alltrue([for service in values(var.services) : service.autoscaling == null ? true : service.autoscaling.min <= service.autoscaling.max && service.autoscaling.min >= 0])
    error_message = "autoscaling.min must be at least 0 and at most autoscaling.max: lower min or raise max."
  }
  validation {
    # Memory that Fargate supports by CPU units: 256 → 512–2048, 512 → 1–4 GB, 1024 → 2–8 GB, 2048 → 4–16 GB, 4096 → 8–30 GB.
    condition = alltrue([for service in values(var.services) : contains([256, 512, 1024, 2048, 4096], service.cpu) ? (
      service.memory >= service.cpu * 2 && service.memory <= min(service.cpu * 8, 30720)
    ) : false])
    error_message = "Fargate does not support this combination of cpu and memory: cpu must be 256, 512, 1024, 2048 or 4096 units, and memory 2 to 8 times as many MB, at most 30720."
  }
  validation {
    condition     = alltrue([for service in values(var.services) : alltrue([for called in values(service.calls) : contains(keys(var.services), called)])])
    error_message = "A service's calls names a service that is not in services."
  }
}

variable "namespace" {
  description = "Private DNS namespace for calls between services, e.g. `bookmark-manager-staging.internal`; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.namespace == null ? true : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.namespace))
    error_message = "namespace is not a DNS name. Write it like bookmark-manager-staging.internal."
  }
  validation {
    condition     = var.namespace != null || alltrue([for service in values(var.services) : length(service.calls) == 0])
    error_message = "A service calls another one, which needs a namespace: set namespace."
  }
}

variable "cpu_architecture" {
  description = "CPU architecture of the images: X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture must be X86_64 or ARM64."
  }
}

variable "repository_arns" {
  description = "ARNs of the ECR repositories that tasks may pull from."
  type        = list(string)
}

variable "file_buckets" {
  description = "Names of the buckets that the application reads and writes."
  type        = list(string)
  default     = []
}

variable "task_grants" {
  description = "Additional permissions of the task role: actions on resources, keyed by statement ID (letters and digits)."
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for grant in values(var.task_grants) : !contains(grant.actions, "*") && !contains(grant.resources, "*")])
    error_message = "task_grants must not use `*` alone as an action or resource: name them."
  }
}

variable "access_logs" {
  description = "Bucket for the access logs of the load balancer and CloudFront, created by the storage module with log_delivery; null for none."
  type = object({
    bucket_name        = string
    bucket_domain_name = string
  })
  default = null
}

variable "parameter_path" {
  description = "Path of the environment's parameters, e.g. `/bookmark-manager/staging`."
  type        = string
}

variable "secrets" {
  description = "Parameters of other modules that services may read: environment variable to parameter ARN."
  type        = map(string)
  default     = {}
}

variable "database_secrets" {
  description = "Parameters of the database, for services with uses_database: environment variable to parameter ARN."
  type        = map(string)
  default     = {}
}

variable "generated_secrets" {
  description = "Parameters to create with a random value, by name; raising the number generates a new value."
  type        = map(number)
  default     = {}
}

variable "external_secrets" {
  description = "Parameters to create whose values are set outside Terraform."
  type        = set(string)
  default     = []
}

variable "sidecars" {
  description = "Sidecar containers of every service, as the monitoring module outputs them: image, CPU units and memory reservation (MB), whether the task stops with it (essential), ports, environment variables, and secrets (environment variable to ARN)."
  type = list(object({
    name               = string
    image              = string
    essential          = optional(bool, false)
    cpu                = number
    memory_reservation = number
    ports              = optional(list(number), [])
    environment        = optional(map(string), {})
    secrets            = optional(map(string), {})
  }))
  default = []
}

variable "sidecar_log_group_name" {
  description = "Log group of the sidecars; null for the log group of their service."
  type        = string
  default     = null
}

variable "sidecar_secrets" {
  description = "Parameters that sidecars read: environment variable to parameter ARN."
  type        = map(string)
  default     = {}
}

variable "health_check" {
  description = "Health check of the load balancer; grace_period is how long a new task is exempt from it. Times in seconds."
  type = object({
    grace_period        = optional(number, 120)
    interval            = number
    timeout             = optional(number, 10)
    healthy_threshold   = optional(number, 2)
    unhealthy_threshold = number
  })

  validation {
    condition     = var.health_check.timeout < var.health_check.interval
    error_message = "health_check.timeout must be less than its interval."
  }
  validation {
    condition     = var.health_check.unhealthy_threshold >= 2 && var.health_check.unhealthy_threshold <= 10 && var.health_check.interval >= 5 && var.health_check.interval <= 300
    error_message = "health_check.unhealthy_threshold must be between 2 and 10, and interval between 5 and 300 seconds."
  }
}

variable "log_retention_days" {
  description = "Log retention in days."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a value that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90 and so on."
  }
}

variable "certificate_arn" {
  description = "ARN of an existing certificate for the load balancer; null uses the domain's certificate, if any."
  type        = string
  default     = null
}

variable "ssl_policy" {
  description = "TLS security policy of the HTTPS listener."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  validation {
    condition     = startswith(var.ssl_policy, "ELBSecurityPolicy-TLS13-")
    error_message = "ssl_policy must support TLS 1.3: its name starts with ELBSecurityPolicy-TLS13-."
  }
}

variable "expect_https" {
  description = "Show a warning in the plan when there is no HTTPS listener."
  type        = bool
  default     = true
}

variable "domain" {
  description = "The website's domain and its zone: an existing zone_id, or create_zone. Set delegated once the registrar has the zone's name servers; only then can the certificate be validated and HTTPS enabled."
  type = object({
    name        = string
    zone_id     = optional(string)
    create_zone = optional(bool, false)
    delegated   = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain.name))
    error_message = "domain.name is not a domain name. Write it in lowercase, without scheme and path: example.com."
  }
  validation {
    condition     = var.domain == null ? true : var.domain.create_zone || var.domain.zone_id != null
    error_message = "domain has no zone. Set create_zone = true to create one, or set zone_id to an existing Route 53 zone."
  }
}

variable "waf" {
  description = "Put a WAF web ACL on the load balancer."
  type        = bool
  default     = false
}

variable "cloudfront" {
  description = "CloudFront distribution in front of the load balancer; `static` serves some paths from a bucket. null for none."
  type = object({
    price_class = optional(string, "PriceClass_200")
    static = optional(object({
      bucket_domain_name = string
      paths              = list(string)
    }))
  })
  default = null
}

variable "schedule" {
  description = "When services start and stop, as cron or rate expressions of EventBridge Scheduler; null to run all day."
  type = object({
    start    = string
    stop     = string
    timezone = string
  })
  default = null

  validation {
    condition     = var.schedule == null ? true : alltrue([for service in values(var.services) : service.autoscaling == null])
    error_message = "schedule and autoscaling are both set: autoscaling would start the services that the schedule stops. Use only one of them."
  }
}

variable "deletion_protection" {
  description = "Protect the load balancer from deletion."
  type        = bool
  default     = false
}

variable "allow_destroy" {
  description = "Lift the deletion protection. Apply this first, then destroy."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here; null for none. A workflow's apply can only create roles that carry it."
  type        = string
  default     = null
}
