variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "cidr_block" {
  description = "CIDR block of the VPC: an IPv4 /16, which is divided into /24 subnets."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr_block))
    error_message = "cidr_block is not an IPv4 CIDR block. Write it like 10.0.0.0/16."
  }
  validation {
    # The first validation reports an invalid block.
    condition     = can(cidrnetmask(var.cidr_block)) ? endswith(var.cidr_block, "/16") && cidrsubnet(var.cidr_block, 0, 0) == var.cidr_block : true
    error_message = "cidr_block must be a /16 without host bits, because it is divided into /24 subnets: 10.0.0.0/16, not 10.0.0.1/16 or 10.0.0.0/20."
  }
}

variable "availability_zones" {
  description = "Availability zones, by full name; each gets one public and one private subnet."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 6 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones needs 2 to 6 different zones: a load balancer and a database subnet group must have two."
  }
  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", zone))])
    error_message = "availability_zones must contain full names, e.g. ap-northeast-1a."
  }
}

variable "nat_gateways" {
  description = "NAT gateways for private subnets: 0, 1 (shared by all zones), or the number of zones."
  type        = number
  default     = 0

  validation {
    condition     = contains([0, 1, length(var.availability_zones)], var.nat_gateways)
    error_message = "nat_gateways must be 0, 1 or the number of availability_zones."
  }
}

variable "interface_endpoints" {
  description = "AWS services to create an interface endpoint for, by the suffix of the service name: `ecr.api`, `ecr.dkr`, `logs`, `ssm`."
  type        = set(string)
  default     = []
}

variable "interface_endpoint_zones" {
  description = "Number of zones in which each interface endpoint has an address. Each costs an hourly fee."
  type        = number
  default     = 1

  validation {
    condition     = var.interface_endpoint_zones >= 1 && var.interface_endpoint_zones <= length(var.availability_zones)
    error_message = "interface_endpoint_zones must be at least 1 and at most the number of availability_zones."
  }
}

variable "gateway_endpoints" {
  description = "AWS services to create a gateway endpoint for, which is free: `s3`, `dynamodb`."
  type        = set(string)
  default     = ["s3"]

  validation {
    condition     = length(setsubtract(var.gateway_endpoints, ["s3", "dynamodb"])) == 0
    error_message = "gateway_endpoints may only contain s3 and dynamodb: no other service has gateway endpoints."
  }
}

variable "flow_logs_retention_days" {
  description = "Retention in days of the flow logs of rejected traffic; null for no flow logs."
  type        = number
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here; null for none. A workflow's apply can only create roles that carry it."
  type        = string
  default     = null
}
