output "certificate_arn" {
  description = "The validated certificate, or null."
  value       = one(aws_acm_certificate_validation.this[*].certificate_arn)
}

output "certificate_status" {
  description = "Status of the certificate when it was last read, or null."
  value       = one(aws_acm_certificate.this[*].status)
}

output "name_servers" {
  description = "Name servers to enter at the registrar; empty without a zone of our own."
  value       = flatten(aws_route53_zone.this[*].name_servers)
}

output "zone_id" {
  description = "The zone, or null."
  value       = local.zone_id
}

output "web_acl_arn" {
  description = "The firewall, or null."
  value       = one(aws_wafv2_web_acl.this[*].arn)
}

output "cloudfront_domain_name" {
  description = "Name of the CDN, or null."
  value       = one(aws_cloudfront_distribution.this[*].domain_name)
}

output "cloudfront_distribution_id" {
  description = "The CDN, for invalidations, or null."
  value       = one(aws_cloudfront_distribution.this[*].id)
}
