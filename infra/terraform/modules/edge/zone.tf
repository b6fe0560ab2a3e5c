locals {
  zone_id   = var.domain == null ? null : (var.domain.create_zone ? one(aws_route53_zone.this[*].zone_id) : var.domain.zone_id)
  delegated = var.domain == null ? false : var.domain.delegated
}

resource "aws_route53_zone" "this" {
  # checkov:skip=CKV2_AWS_38: DNSSEC needs a key in KMS and an entry at the registrar: for who wants it, by hand
  # checkov:skip=CKV2_AWS_39: who asked for which name is not asked for
  count = (var.domain == null ? false : var.domain.create_zone) ? 1 : 0

  name    = var.domain.name
  comment = "Of ${var.name_prefix}"
}
