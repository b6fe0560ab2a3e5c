variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `minimal`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "phase" {
  description = "1: one instance in a public subnet. 2: a load balancer in front of an Auto Scaling group in private subnets."
  type        = number

  validation {
    condition     = contains([1, 2], var.phase)
    error_message = "phase must be 1 or 2."
  }
}

variable "vpc_id" {
  description = "ID of the VPC."
  type        = string
}

variable "public_subnet_ids" {
  description = "IDs of the public subnets: for the instance in phase 1, for the load balancer in phase 2."
  type        = list(string)
}

variable "private_subnet_ids" {
  description = "IDs of the private subnets, for the instances in phase 2."
  type        = list(string)
}

variable "security_group_id" {
  description = "ID of the instances' security group."
  type        = string
}

variable "alb_security_group_id" {
  description = "ID of the load balancer's security group."
  type        = string
}

variable "image" {
  description = "Image of the first apply, with registry and tag or digest; later images are deployed (deploy.tf)."
  type        = string

  validation {
    condition     = can(regex("^[^/]+\\.[^/]+/[^:@]+[:@].+$", var.image))
    error_message = "image must have a registry and a tag or digest, e.g. 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/minimal-app:1f2e3d4."
  }
}

variable "repository_arns" {
  description = "ARNs of the ECR repositories that instances may pull from."
  type        = list(string)
}

variable "port" {
  description = "Port the application listens on."
  type        = number
}

variable "health_check_path" {
  description = "Health check path; returns 200 while the application is healthy."
  type        = string
  default     = "/health"
}

variable "instance_type" {
  description = "Instance type."
  type        = string
  default     = "t4g.small"
}

variable "architecture" {
  description = "CPU architecture of the instance type: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "disk_gb" {
  description = "Size of each instance's disk in GiB."
  type        = number
  default     = 30

  validation {
    condition     = var.disk_gb >= 8
    error_message = "disk_gb must be at least 8: the operating system alone uses 3."
  }
}

variable "scaling" {
  description = "Phase 2: minimum and maximum number of instances, and the target CPU utilization in percent."
  type = object({
    min = optional(number, 2)
    max = optional(number, 4)
    cpu = optional(number, 70)
  })
  default = {}

  validation {
    condition     = var.scaling.min >= 1 && var.scaling.min <= var.scaling.max
    error_message = "scaling.min must be at least 1 and at most scaling.max: lower min or raise max."
  }
}

variable "domain" {
  description = "Phase 2: the website's domain and its zone: an existing zone_id, or create_zone. Set delegated once the registrar has the zone's name servers; only then is there a certificate and HTTPS."
  type = object({
    name        = string
    zone_id     = optional(string)
    create_zone = optional(bool, false)
    delegated   = optional(bool, true)
  })
  default = null
}

variable "error_lines" {
  description = "Number of error lines within five minutes above which the alarm fires."
  type        = number
  default     = 10
}

variable "certificate_arn" {
  description = "Phase 2: ARN of an existing certificate for HTTPS; null uses the domain's certificate, if any."
  type        = string
  default     = null
}

variable "parameter_path" {
  description = "Path of the environment's parameters, e.g. `/minimal`."
  type        = string
}

variable "external_secrets" {
  description = "Parameters to create whose values are set outside Terraform."
  type        = set(string)
  default     = []
}

variable "file_buckets" {
  description = "Names of the buckets that the application reads and writes."
  type        = list(string)
  default     = []
}

variable "log_retention_days" {
  description = "Log retention in days."
  type        = number
  default     = 30
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic that receives alarms."
  type        = string
}

variable "deletion_protection" {
  description = "Protect the instance from termination and the load balancer from deletion."
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
