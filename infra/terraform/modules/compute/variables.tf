variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "cluster_name" {
  description = "Name of the ECS cluster, as `cluster` in the cockpit's config.toml has it."
  type        = string
}

variable "container_insights" {
  description = "Detailed metrics of tasks, paid by the metric."
  type        = bool
  default     = false
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "alb_subnet_ids" {
  description = "Public subnets of the load balancer, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.alb_subnet_ids) >= 2
    error_message = "alb_subnet_ids needs public subnets in at least two zones."
  }
}

variable "alb_security_group_id" {
  description = "Group of the load balancer."
  type        = string
}

variable "task_subnet_ids" {
  description = "Subnets of the tasks."
  type        = list(string)
}

variable "assign_public_ip" {
  description = "Give tasks a public address: needed in public subnets, where it stands in for a NAT gateway."
  type        = bool
}

variable "services" {
  description = "Services by their short name. The one without path_patterns gets every request that no other takes. `secrets` are names of parameters, and `uses_database` adds those of database_secrets; `calls` has, by the environment variable that gets its address, the services that it calls inside the network; `log_group_name` is another one than `/ecs/NAME`; `capacity` says how many tasks run on Fargate for sure and how the others are split between Fargate and Fargate Spot."
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
    error_message = "Exactly one of services has no path_patterns: it answers what no other takes."
  }
  validation {
    condition     = alltrue([for service in values(var.services) : service.autoscaling == null ? true : service.autoscaling.min <= service.autoscaling.max && service.autoscaling.min >= 0])
    error_message = "autoscaling.min is more than autoscaling.max, or negative: lower min or raise max."
  }
  validation {
    # What Fargate offers: 256 → 512–2048, 512 → 1–4 GB, 1024 → 2–8 GB, 2048 → 4–16 GB, 4096 → 8–30 GB.
    condition = alltrue([for service in values(var.services) : contains([256, 512, 1024, 2048, 4096], service.cpu) ? (
      service.memory >= service.cpu * 2 && service.memory <= min(service.cpu * 8, 30720)
    ) : false])
    error_message = "cpu and memory of a service do not fit: Fargate has 256, 512, 1024, 2048 or 4096 CPU units with 2 to 8 times as many MB of memory."
  }
  validation {
    condition     = alltrue([for service in values(var.services) : alltrue([for called in values(service.calls) : contains(keys(var.services), called)])])
    error_message = "calls of a service names one that is not in services."
  }
}

variable "namespace" {
  description = "Private DNS namespace in which services find each other, as `bookmark-manager-staging.internal`; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.namespace == null ? true : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.namespace))
    error_message = "namespace is no name of DNS: write it as bookmark-manager-staging.internal."
  }
  validation {
    condition     = var.namespace != null || alltrue([for service in values(var.services) : length(service.calls) == 0])
    error_message = "A service calls another, and there is no namespace to find it in: set namespace."
  }
}

variable "cpu_architecture" {
  description = "What images are built for: X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture is X86_64 or ARM64."
  }
}

variable "repository_arns" {
  description = "Repositories that tasks may pull from."
  type        = list(string)
}

variable "file_buckets" {
  description = "Names of buckets that the application reads and writes."
  type        = list(string)
  default     = []
}

variable "task_grants" {
  description = "What else the application may do with its role: actions on resources, by a name for the statement (letters and digits)."
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for grant in values(var.task_grants) : !contains(grant.actions, "*") && !contains(grant.resources, "*")])
    error_message = "A grant of task_grants is for everything: name its actions and resources."
  }
}

variable "access_logs" {
  description = "Where the load balancer and CloudFront write who asked for what: a bucket that lets them (module storage, log_delivery); null: nowhere."
  type = object({
    bucket_name        = string
    bucket_domain_name = string
  })
  default = null
}

variable "parameter_path" {
  description = "Where the environment's parameters lie, as `/bookmark-manager/staging`."
  type        = string
}

variable "secrets" {
  description = "Parameters of other modules that services may read: name of the environment variable to ARN."
  type        = map(string)
  default     = {}
}

variable "database_secrets" {
  description = "Parameters of the database, for services with uses_database: name of the environment variable to ARN."
  type        = map(string)
  default     = {}
}

variable "generated_secrets" {
  description = "Parameters to make with a random value, by name; raising the number makes a new value."
  type        = map(number)
  default     = {}
}

variable "external_secrets" {
  description = "Parameters to make whose value is set outside Terraform."
  type        = set(string)
  default     = []
}

variable "sidecars" {
  description = "Containers to run beside each service's own, as the module monitoring gives them: an image, its share of CPU and memory (MB), whether the task ends with it, the ports that it listens on, and names of variables and of secrets (ARN)."
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
  description = "Log group of what runs beside the services; null: the group of the service that it runs beside."
  type        = string
  default     = null
}

variable "sidecar_secrets" {
  description = "Parameters that sidecars read: name of the environment variable to ARN."
  type        = map(string)
  default     = {}
}

variable "health_check" {
  description = "How the load balancer decides that a task is well, and how long a new one is left alone, in seconds."
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
    error_message = "health_check.unhealthy_threshold is between 2 and 10 and interval between 5 and 300 seconds."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is none that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90 and so on."
  }
}

variable "certificate_arn" {
  description = "A certificate of yours for the load balancer; null takes that of the domain, if there is one."
  type        = string
  default     = null
}

variable "ssl_policy" {
  description = "Which versions of TLS the load balancer speaks."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  validation {
    condition     = startswith(var.ssl_policy, "ELBSecurityPolicy-TLS13-")
    error_message = "ssl_policy is one with TLS 1.3: its name begins with ELBSecurityPolicy-TLS13-."
  }
}

variable "expect_https" {
  description = "Whether a plan should say so when there is no HTTPS listener."
  type        = bool
  default     = true
}

variable "domain" {
  description = "The website's domain, its zone (an existing zone_id, or create_zone) and whether the zone's name servers are already at the registrar (delegated): only then can the certificate be validated and HTTPS be on."
  type = object({
    name        = string
    zone_id     = optional(string)
    create_zone = optional(bool, false)
    delegated   = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain.name))
    error_message = "domain.name is no domain: write it in small letters with no scheme and no path, as example.com."
  }
  validation {
    condition     = var.domain == null ? true : var.domain.create_zone || var.domain.zone_id != null
    error_message = "domain has no zone. Set create_zone = true to make one, or zone_id to the Route 53 zone that you have."
  }
}

variable "waf" {
  description = "A firewall before the load balancer."
  type        = bool
  default     = false
}

variable "cloudfront" {
  description = "A CDN before the load balancer; `static` sends some paths to a bucket; null: none."
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
  description = "When services are started and stopped, as cron or rate expressions of EventBridge Scheduler; null: they run all day."
  type = object({
    start    = string
    stop     = string
    timezone = string
  })
  default = null

  validation {
    condition     = var.schedule == null ? true : alltrue([for service in values(var.services) : service.autoscaling == null])
    error_message = "schedule and autoscaling are both set: autoscaling would start what the schedule stops. Take one of them."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer."
  type        = bool
  default     = false
}

variable "allow_destroy" {
  description = "Lifts the deletion protection. Apply it, then destroy."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that limits every role made here; null: none. A workflow's apply may make no role without it."
  type        = string
  default     = null
}
