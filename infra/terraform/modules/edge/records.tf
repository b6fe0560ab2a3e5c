locals {
  # The alias target of the website's names: the CDN if its certificate covers them, else the load balancer.
  target = !local.cloudfront_certificate || var.cloudfront == null ? {
    name    = var.load_balancer.dns_name
    zone_id = var.load_balancer.zone_id
    } : {
    name    = aws_cloudfront_distribution.this[0].domain_name
    zone_id = aws_cloudfront_distribution.this[0].hosted_zone_id
  }
}

# Used by CloudFront only.
resource "aws_route53_record" "origin" {
  count = var.domain != null && var.cloudfront != null ? 1 : 0

  zone_id = local.zone_id
  name    = local.origin
  type    = "A"

  alias {
    name                   = var.load_balancer.dns_name
    zone_id                = var.load_balancer.zone_id
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "website" {
  # checkov:skip=CKV2_AWS_23: an alias of the distribution or the given load balancer, which a scan cannot see
  for_each = var.domain == null ? {} : { apex = var.domain.name, www = "www.${var.domain.name}" }

  zone_id = local.zone_id
  name    = each.value
  type    = "A"

  alias {
    name                   = local.target.name
    zone_id                = local.target.zone_id
    evaluate_target_health = !local.cloudfront_certificate || var.cloudfront == null
  }
}
