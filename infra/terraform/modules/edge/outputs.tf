output "certificate_arn" {
  description = "ARN of the validated certificate, or null."
  value       = one(aws_acm_certificate_validation.this[*].certificate_arn)
}

output "certificate_status" {
  description = "Status of the certificate at the last refresh, or null."
  value       = one(aws_acm_certificate.this[*].status)
}

output "name_servers" {
  description = "Name servers to set at the registrar; empty unless the zone is created here."
  value       = flatten(aws_route53_zone.this[*].name_servers)
}

output "zone_id" {
  description = "ID of the Route 53 zone, or null."
  value       = local.zone_id
}

output "web_acl_arn" {
  description = "ARN of the web ACL, or null."
  value       = one(aws_wafv2_web_acl.this[*].arn)
}

output "cloudfront_domain_name" {
  description = "Domain name of the CloudFront distribution; null without one."
  value       = one(aws_cloudfront_distribution.this[*].domain_name)
}

output "cloudfront_distribution_id" {
  description = "ID of the CloudFront distribution, for invalidations; null without one."
  value       = one(aws_cloudfront_distribution.this[*].id)
}
