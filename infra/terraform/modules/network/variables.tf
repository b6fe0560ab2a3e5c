variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "cidr_block" {
  description = "Addresses of the network: an IPv4 /16, from which /24 subnets are cut."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr_block))
    error_message = "cidr_block is not an IPv4 network. Write it as 10.0.0.0/16."
  }
  validation {
    # An invalid one is the first rule's to report.
    condition     = can(cidrnetmask(var.cidr_block)) ? endswith(var.cidr_block, "/16") && cidrsubnet(var.cidr_block, 0, 0) == var.cidr_block : true
    error_message = "cidr_block must be a /16 with no bits behind the mask, because the subnets are /24 parts of it: 10.0.0.0/16, not 10.0.0.1/16 or 10.0.0.0/20."
  }
}

variable "availability_zones" {
  description = "Zones to lie in, by full name; one public and one private subnet is made in each."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 6 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones needs 2 to 6 different zones: a load balancer and a database subnet group must have two."
  }
  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", zone))])
    error_message = "availability_zones has full names, as ap-northeast-1a."
  }
}

variable "nat_gateways" {
  description = "NAT gateways for private subnets: 0 for none, 1 for one that all zones share, or as many as there are zones."
  type        = number
  default     = 0

  validation {
    condition     = contains([0, 1, length(var.availability_zones)], var.nat_gateways)
    error_message = "nat_gateways is 0, 1 or the number of availability_zones."
  }
}

variable "interface_endpoints" {
  description = "AWS services reached over an interface endpoint, by the end of their name: `ecr.api`, `ecr.dkr`, `logs`, `ssm`."
  type        = set(string)
  default     = []
}

variable "interface_endpoint_zones" {
  description = "In how many zones each interface endpoint has an address. Each costs an hourly fee."
  type        = number
  default     = 1

  validation {
    condition     = var.interface_endpoint_zones >= 1 && var.interface_endpoint_zones <= length(var.availability_zones)
    error_message = "interface_endpoint_zones is at least 1 and at most the number of availability_zones."
  }
}

variable "gateway_endpoints" {
  description = "AWS services reached over a gateway endpoint, which is free: `s3`, `dynamodb`."
  type        = set(string)
  default     = ["s3"]

  validation {
    condition     = length(setsubtract(var.gateway_endpoints, ["s3", "dynamodb"])) == 0
    error_message = "gateway_endpoints can hold s3 and dynamodb: only these two have gateway endpoints."
  }
}

variable "flow_logs_retention_days" {
  description = "Days to keep logs of refused connections; null makes none."
  type        = number
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the policy that limits every role made here; null: none. A workflow's apply may make no role without it."
  type        = string
  default     = null
}
