variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "vpc_id" {
  description = "ID of the VPC of the security groups."
  type        = string
}

variable "allowed_cidr_blocks" {
  description = "IPv4 CIDR blocks that may reach the load balancer; 0.0.0.0/0 for everyone; empty if only CloudFront does."
  type        = list(string)

  validation {
    condition     = length(var.allowed_cidr_blocks) > 0 || var.cloudfront_port != null
    error_message = "allowed_cidr_blocks is empty, so nobody could reach the load balancer. Add your addresses to `own` in env.hcl, or, while the state is local, copy terraform.tfvars.example to terraform.tfvars."
  }
  validation {
    condition     = alltrue([for block in var.allowed_cidr_blocks : can(cidrnetmask(block))])
    error_message = "allowed_cidr_blocks contains an invalid IPv4 CIDR block. One address is written as 203.0.113.4/32."
  }
  validation {
    condition     = var.cloudfront_port == null || length(setintersection(var.allowed_cidr_blocks, ["0.0.0.0/0"])) == 0
    error_message = "allowed_cidr_blocks lets everyone bypass CloudFront: remove 0.0.0.0/0."
  }
}

variable "cloudfront_port" {
  description = "Port on which CloudFront reaches the load balancer: 443 if it has a certificate, else 80; null without CloudFront."
  type        = number
  default     = null

  validation {
    condition     = var.cloudfront_port == null ? true : contains([80, 443], var.cloudfront_port)
    error_message = "cloudfront_port must be 80 or 443, the ports that the load balancer listens on."
  }
}

variable "services" {
  description = "Services by short name: the port they listen on, whether they use the database, the services they call inside the VPC (environment variable to service), the public port for the allowed addresses if there is no load balancer, and the outbound ports they need besides HTTPS."
  type = map(object({
    port          = number
    uses_database = optional(bool, false)
    calls         = optional(map(string), {})
    public_port   = optional(number)
    egress_ports  = optional(list(number), [])
  }))

  validation {
    condition     = alltrue([for service in values(var.services) : service.port > 0 && service.port < 65536])
    error_message = "The port of every service must be between 1 and 65535."
  }
  validation {
    condition     = alltrue([for service in values(var.services) : alltrue([for called in values(service.calls) : contains(keys(var.services), called)])])
    error_message = "A service's calls names a service that is not in services."
  }
}

variable "database_port" {
  description = "Port of the database; null without a database."
  type        = number
  default     = null
}

variable "bastion" {
  description = "Bastion instance for access to the database through Session Manager; null for none, if a task serves this purpose."
  type = object({
    subnet_id     = string
    instance_type = optional(string, "t3.nano")
  })
  default = null
}

variable "cloudtrail" {
  description = "Enable CloudTrail: record the account's API calls in a bucket."
  type        = bool
  default     = false
}

variable "guardduty" {
  description = "Enable GuardDuty: detect threats in the account."
  type        = bool
  default     = false
}

variable "aws_config" {
  description = "Enable AWS Config: record changes to the account's resources."
  type        = bool
  default     = false
}

variable "allow_destroy" {
  description = "Allow `destroy` to empty the audit bucket."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here; null for none. A workflow's apply can only create roles that carry it."
  type        = string
  default     = null
}
