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
  description = "Who reaches the load balancer: IPv4 networks in CIDR form; 0.0.0.0/0 for everyone."
  type        = list(string)

  validation {
    condition     = length(var.allowed_cidr_blocks) > 0
    error_message = "allowed_cidr_blocks is empty, so nobody could reach the load balancer. Copy terraform.tfvars.example to terraform.tfvars and put your addresses in."
  }
  validation {
    condition     = alltrue([for block in var.allowed_cidr_blocks : can(cidrnetmask(block))])
    error_message = "allowed_cidr_blocks holds something that is no IPv4 network. One address is written as 203.0.113.4/32."
  }
}

variable "services" {
  description = "Services by their short name: the port they listen on, whether they use the database, whether the allowed addresses reach them without the load balancer, and which ports outside they need beside HTTPS."
  type = map(object({
    port          = number
    uses_database = optional(bool, false)
    public        = optional(bool, false)
    egress_ports  = optional(list(number), [])
  }))

  validation {
    condition     = alltrue([for service in values(var.services) : service.port > 0 && service.port < 65536])
    error_message = "A port of services is not between 1 and 65535."
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

variable "github" {
  description = "The repository whose workflows may plan and deploy, and from which branches or environments (the part of the token's subject behind the repository); null makes no roles."
  type = object({
    repository           = string
    create_oidc_provider = optional(bool, false)
    plan_subjects        = optional(list(string), ["pull_request"])
    deploy_subjects      = optional(list(string), ["ref:refs/heads/main"])
  })
  default = null

  validation {
    condition     = var.github == null ? true : can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is written as owner/name, with no wildcard."
  }
}

variable "cluster_name" {
  description = "ECS cluster that the deploying role may deploy to."
  type        = string
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
