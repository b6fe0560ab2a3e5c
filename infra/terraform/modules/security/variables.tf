variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "vpc_id" {
  description = "The network the groups are in."
  type        = string
}

variable "allowed_cidr_blocks" {
  description = "Who reaches the load balancer: IPv4 networks in CIDR form; 0.0.0.0/0 for everyone; none where only CloudFront does."
  type        = list(string)

  validation {
    condition     = length(var.allowed_cidr_blocks) > 0 || var.cloudfront_port != null
    error_message = "allowed_cidr_blocks is empty, so nobody could reach the load balancer. Put your addresses into `own` in env.hcl, or, while the state is in files, copy terraform.tfvars.example to terraform.tfvars."
  }
  validation {
    condition     = alltrue([for block in var.allowed_cidr_blocks : can(cidrnetmask(block))])
    error_message = "allowed_cidr_blocks holds something that is no IPv4 network. One address is written as 203.0.113.4/32."
  }
  validation {
    condition     = var.cloudfront_port == null || length(setintersection(var.allowed_cidr_blocks, ["0.0.0.0/0"])) == 0
    error_message = "allowed_cidr_blocks lets everyone reach the load balancer past CloudFront: take 0.0.0.0/0 out."
  }
}

variable "cloudfront_port" {
  description = "Port on which CloudFront's servers reach the load balancer: 443 where it has a certificate, else 80; null: there is no CloudFront."
  type        = number
  default     = null

  validation {
    condition     = var.cloudfront_port == null ? true : contains([80, 443], var.cloudfront_port)
    error_message = "cloudfront_port is 80 or 443, the ports that the load balancer listens on."
  }
}

variable "services" {
  description = "Services by their short name: the port they listen on, whether they use the database, whose API they call inside the network (environment variable to service), on which other port the allowed addresses reach them without the load balancer, and which ports outside they need beside HTTPS."
  type = map(object({
    port          = number
    uses_database = optional(bool, false)
    calls         = optional(map(string), {})
    public_port   = optional(number)
    egress_ports  = optional(list(number), [])
  }))

  validation {
    condition     = alltrue([for service in values(var.services) : service.port > 0 && service.port < 65536])
    error_message = "A port of services is not between 1 and 65535."
  }
  validation {
    condition     = alltrue([for service in values(var.services) : alltrue([for called in values(service.calls) : contains(keys(var.services), called)])])
    error_message = "calls of a service names one that is not in services."
  }
}

variable "database_port" {
  description = "Port of the database; null where there is none."
  type        = number
  default     = null
}

variable "bastion" {
  description = "An instance that only Session Manager reaches, as a way to the database; null where a task is the way."
  type = object({
    subnet_id     = string
    instance_type = optional(string, "t3.nano")
  })
  default = null
}

variable "cloudtrail" {
  description = "Record every call of the account in a bucket."
  type        = bool
  default     = false
}

variable "guardduty" {
  description = "Look for threats in the account."
  type        = bool
  default     = false
}

variable "aws_config" {
  description = "Record how resources of the account change."
  type        = bool
  default     = false
}

variable "allow_destroy" {
  description = "Lets `destroy` empty the audit bucket."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that limits every role made here; null: none. A workflow's apply may make no role without it."
  type        = string
  default     = null
}
