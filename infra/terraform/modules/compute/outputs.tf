output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "Names of the ECS services, by short name."
  value       = { for name, service in aws_ecs_service.this : name => service.name }
}

output "load_balancer_dns_name" {
  description = "DNS name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "alb_dns_name" {
  description = "Same value as load_balancer_dns_name, under its documented name."
  value       = aws_lb.this.dns_name
}

output "load_balancer_arn_suffix" {
  description = "ARN suffix of the load balancer, as used in the dimensions of its metrics."
  value       = aws_lb.this.arn_suffix
}

output "website_url" {
  description = "URL of the website."
  value       = local.https && var.domain != null ? "https://${var.domain.name}" : (var.cloudfront != null ? "https://${module.edge.cloudfront_domain_name}" : "http://${aws_lb.this.dns_name}")
}

output "https" {
  description = "Whether the load balancer serves HTTPS, and if not, what is missing."
  value       = local.https ? "on" : (var.domain == null ? "off: no domain and no certificate" : "off: ${var.domain.name} is not delegated; its name servers are in the output name_servers")
}

output "domain_name" {
  description = "Domain of the website, or null."
  value       = var.domain == null ? null : var.domain.name
}

output "acm_certificate_arn" {
  description = "ARN of the load balancer's certificate, or null."
  value       = local.https ? local.certificate_arn : null
}

output "route53_zone_name_servers" {
  description = "Same value as name_servers, under its documented name."
  value       = module.edge.name_servers
}

output "name_servers" {
  description = "Name servers to set at the registrar; empty unless the zone is created here."
  value       = module.edge.name_servers
}

output "certificate_status" {
  description = "Status of the certificate, or null."
  value       = module.edge.certificate_status
}

output "cloudfront_domain_name" {
  description = "Domain name of the CloudFront distribution; null without one."
  value       = module.edge.cloudfront_domain_name
}

output "cloudfront_distribution_id" {
  description = "ID of the CloudFront distribution, for invalidations; null without one."
  value       = module.edge.cloudfront_distribution_id
}

output "log_groups" {
  description = "Log groups of the services, by short name."
  value       = { for name, group in aws_cloudwatch_log_group.service : name => group.name }
}

output "scheduler_function_name" {
  description = "Name of the function that starts and stops services, or null."
  value       = one(module.scheduler[*].function_name)
}

output "parameters_to_set" {
  description = "Parameters whose values must be set outside Terraform."
  value       = sort([for parameter in aws_ssm_parameter.external : parameter.name])
}
