# Covers the domain and all names one level below it; validated by DNS records in its zone.
resource "aws_acm_certificate" "this" {
  count = var.domain == null ? 0 : 1

  domain_name               = var.domain.name
  subject_alternative_names = ["*.${var.domain.name}"]
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  # The wildcard and the domain itself share one validation record.
  count = var.domain == null ? 0 : 1

  zone_id         = local.zone_id
  name            = tolist(aws_acm_certificate.this[0].domain_validation_options)[0].resource_record_name
  type            = tolist(aws_acm_certificate.this[0].domain_validation_options)[0].resource_record_type
  records         = [tolist(aws_acm_certificate.this[0].domain_validation_options)[0].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

# Waits until AWS has seen the record, which cannot happen before the zone is delegated.
resource "aws_acm_certificate_validation" "this" {
  count = local.delegated ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [aws_route53_record.validation[0].fqdn]

  timeouts {
    create = "45m"
  }
}
