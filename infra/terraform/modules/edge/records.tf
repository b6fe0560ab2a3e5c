locals {
  # Where the website's names lead: to the CDN if there is one, else to the load balancer.
  target = var.cloudfront == null ? {
    name    = var.load_balancer.dns_name
    zone_id = var.load_balancer.zone_id
    } : {
    name    = aws_cloudfront_distribution.this[0].domain_name
    zone_id = aws_cloudfront_distribution.this[0].hosted_zone_id
  }
}

resource "aws_route53_record" "website" {
  for_each = var.domain == null ? {} : { apex = var.domain.name, www = "www.${var.domain.name}" }

  zone_id = local.zone_id
  name    = each.value
  type    = "A"

  alias {
    name                   = local.target.name
    zone_id                = local.target.zone_id
    evaluate_target_health = var.cloudfront == null
  }
}
