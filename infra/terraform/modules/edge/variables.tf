variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "domain" {
  description = "The website's domain, its zone (an existing zone_id, or create_zone) and whether the zone's name servers are already at the registrar (delegated)."
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

variable "load_balancer" {
  description = "What lies behind: the load balancer, and whether it speaks HTTPS."
  type = object({
    arn      = string
    dns_name = string
    zone_id  = string
    https    = bool
  })
}

variable "waf" {
  description = "A firewall before the load balancer."
  type        = bool
  default     = false
}

variable "waf_rate_limit" {
  description = "Requests from one address in five minutes before it is blocked."
  type        = number
  default     = 2000

  validation {
    condition     = var.waf_rate_limit >= 100
    error_message = "waf_rate_limit is at least 100: less would block people."
  }
}

variable "access_logs" {
  description = "The bucket that CloudFront writes its access logs to, by the name that CloudFront knows it by; null: nowhere."
  type = object({
    bucket_domain_name = string
  })
  default = null
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
