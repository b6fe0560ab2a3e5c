locals {
  zone_id   = var.domain == null ? null : (var.domain.create_zone ? one(aws_route53_zone.this[*].zone_id) : var.domain.zone_id)
  delegated = var.domain == null ? false : var.domain.delegated
}

resource "aws_route53_zone" "this" {
  # checkov:skip=CKV2_AWS_38: DNSSEC needs a KMS key and a record at the registrar; it can be enabled by hand
  # checkov:skip=CKV2_AWS_39: a log of DNS queries is not required
  count = (var.domain == null ? false : var.domain.create_zone) ? 1 : 0

  name    = var.domain.name
  comment = "Of ${var.name_prefix}"
}
