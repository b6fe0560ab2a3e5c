output "cluster_name" {
  description = "ECS cluster."
  value       = module.compute.cluster_name
}

output "service_name" {
  description = "ECS service."
  value       = module.compute.service_names["service"]
}

output "load_balancer_dns_name" {
  description = "Name of the load balancer."
  value       = module.compute.load_balancer_dns_name
}

output "alb_dns_name" {
  description = "The same as load_balancer_dns_name, under its documented name."
  value       = module.compute.alb_dns_name
}

output "domain_name" {
  description = "The website's domain, or null."
  value       = module.compute.domain_name
}

output "acm_certificate_arn" {
  description = "The domain's certificate, or null."
  value       = module.compute.acm_certificate_arn
}

output "route53_zone_name_servers" {
  description = "The same as name_servers, under its documented name."
  value       = module.compute.route53_zone_name_servers
}

output "website_url" {
  description = "Where the website is."
  value       = module.compute.website_url
}

output "name_servers" {
  description = "Name servers to enter at the registrar; empty without a zone of our own."
  value       = module.compute.name_servers
}

output "certificate_status" {
  description = "Status of the certificate, or null."
  value       = module.compute.certificate_status
}

output "cloudfront_domain_name" {
  description = "Name of the CDN."
  value       = module.compute.cloudfront_domain_name
}

output "cloudfront_distribution_id" {
  description = "The CDN, for invalidations."
  value       = module.compute.cloudfront_distribution_id
}

output "repository_url" {
  description = "Where images are pushed."
  value       = module.ecr.repository_urls["service"]
}

output "static_bucket_name" {
  description = "Where static files are put."
  value       = module.static.bucket_name
}

output "user_pool_id" {
  description = "Who may use Pantri."
  value       = aws_cognito_user_pool.this.id
}

output "user_pool_client_id" {
  description = "The website among the pool's clients."
  value       = aws_cognito_user_pool_client.web.id
}
