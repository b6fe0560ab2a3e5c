output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.compute.cluster_name
}

output "service_name" {
  description = "Name of the ECS service."
  value       = module.compute.service_names["service"]
}

output "load_balancer_dns_name" {
  description = "DNS name of the load balancer."
  value       = module.compute.load_balancer_dns_name
}

output "alb_dns_name" {
  description = "Same value as load_balancer_dns_name, under its documented name."
  value       = module.compute.alb_dns_name
}

output "domain_name" {
  description = "Domain of the website, or null."
  value       = module.compute.domain_name
}

output "acm_certificate_arn" {
  description = "ARN of the domain's certificate, or null."
  value       = module.compute.acm_certificate_arn
}

output "route53_zone_name_servers" {
  description = "Same value as name_servers, under its documented name."
  value       = module.compute.route53_zone_name_servers
}

output "website_url" {
  description = "URL of the website."
  value       = module.compute.website_url
}

output "name_servers" {
  description = "Name servers to set at the registrar; empty unless the zone is created here."
  value       = module.compute.name_servers
}

output "certificate_status" {
  description = "Status of the certificate, or null."
  value       = module.compute.certificate_status
}

output "cloudfront_domain_name" {
  description = "Domain name of the CloudFront distribution."
  value       = module.compute.cloudfront_domain_name
}

output "cloudfront_distribution_id" {
  description = "ID of the CloudFront distribution, for invalidations."
  value       = module.compute.cloudfront_distribution_id
}

output "repository_url" {
  description = "URL of the image repository."
  value       = module.ecr.repository_urls["service"]
}

output "static_bucket_name" {
  description = "Name of the bucket for static files."
  value       = module.static.bucket_name
}

output "user_pool_id" {
  description = "ID of the Cognito user pool."
  value       = aws_cognito_user_pool.this.id
}

output "user_pool_client_id" {
  description = "ID of the website's client in the user pool."
  value       = aws_cognito_user_pool_client.web.id
}
