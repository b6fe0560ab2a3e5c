variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "domain" {
  description = "The website's domain and its zone: an existing zone_id, or create_zone. Set delegated once the registrar has the zone's name servers."
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

variable "load_balancer" {
  description = "The load balancer behind it, and whether it serves HTTPS."
  type = object({
    arn      = string
    dns_name = string
    zone_id  = string
    https    = bool
  })
}

variable "waf" {
  description = "Put a WAF web ACL on the load balancer."
  type        = bool
  default     = false
}

variable "waf_rate_limit" {
  description = "Requests allowed per IP address within five minutes; more are blocked."
  type        = number
  default     = 2000

  validation {
    condition     = var.waf_rate_limit >= 100
    error_message = "waf_rate_limit must be at least 100: a lower limit would block ordinary visitors."
  }
}

variable "access_logs" {
  description = "Domain name of the bucket for CloudFront's access logs; null for none."
  type = object({
    bucket_domain_name = string
  })
  default = null
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
