variable "name_prefix" {
  description = "Begins the name of everything here, as in `minimal`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "phase" {
  description = "1: one instance in a public subnet. 2: a load balancer before a group of instances in private subnets."
  type        = number

  validation {
    condition     = contains([1, 2], var.phase)
    error_message = "phase is 1 or 2."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Public subnets: of the instance in phase 1, of the load balancer in phase 2."
  type        = list(string)
}

variable "private_subnet_ids" {
  description = "Private subnets: of the instances in phase 2."
  type        = list(string)
}

variable "security_group_id" {
  description = "Group of the instances."
  type        = string
}

variable "alb_security_group_id" {
  description = "Group of the load balancer."
  type        = string
}

variable "image" {
  description = "Image to run first, with its registry and tag or digest; later ones are deployed (deploy.tf)."
  type        = string

  validation {
    condition     = can(regex("^[^/]+\\.[^/]+/[^:@]+[:@].+$", var.image))
    error_message = "image has a registry and a tag or digest, as 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/minimal-app:1f2e3d4."
  }
}

variable "repository_arns" {
  description = "Repositories that instances may pull from."
  type        = list(string)
}

variable "port" {
  description = "Port that the application listens on."
  type        = number
}

variable "health_check_path" {
  description = "Path that answers 200 when the application is well."
  type        = string
  default     = "/health"
}

variable "instance_type" {
  description = "Size of the instances."
  type        = string
  default     = "t4g.small"
}

variable "architecture" {
  description = "Processor of the instance type: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "disk_gb" {
  description = "Disk of each instance in GiB."
  type        = number
  default     = 30

  validation {
    condition     = var.disk_gb >= 8
    error_message = "disk_gb is at least 8: the system alone takes three."
  }
}

variable "scaling" {
  description = "Phase 2: least and most instances, and the CPU in per cent that is aimed at."
  type = object({
    min = optional(number, 2)
    max = optional(number, 4)
    cpu = optional(number, 70)
  })
  default = {}

  validation {
    condition     = var.scaling.min >= 1 && var.scaling.min <= var.scaling.max
    error_message = "scaling.min is more than scaling.max, or less than 1: lower min or raise max."
  }
}

variable "domain" {
  description = "Phase 2: the website's domain, its zone (an existing zone_id, or create_zone) and whether the zone's name servers are already at the registrar (delegated): only then is there a certificate and HTTPS."
  type = object({
    name        = string
    zone_id     = optional(string)
    create_zone = optional(bool, false)
    delegated   = optional(bool, true)
  })
  default = null
}

variable "error_lines" {
  description = "Error lines in five minutes above which the alarm rings."
  type        = number
  default     = 10
}

variable "certificate_arn" {
  description = "Phase 2: a certificate of yours for HTTPS; null takes that of the domain, if there is one."
  type        = string
  default     = null
}

variable "parameter_path" {
  description = "Where the environment's parameters lie, as `/minimal`."
  type        = string
}

variable "external_secrets" {
  description = "Parameters to make whose value is set outside Terraform."
  type        = set(string)
  default     = []
}

variable "file_buckets" {
  description = "Names of buckets that the application reads and writes."
  type        = list(string)
  default     = []
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "alarm_topic_arn" {
  description = "Topic that alarms are sent to."
  type        = string
}

variable "deletion_protection" {
  description = "Refuse to terminate the instance and to delete the load balancer."
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
