output "cluster_name" {
  description = "ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "ECS services by short name."
  value       = { for name, service in aws_ecs_service.this : name => service.name }
}

output "load_balancer_dns_name" {
  description = "Name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "alb_dns_name" {
  description = "The same as load_balancer_dns_name, under its documented name."
  value       = aws_lb.this.dns_name
}

output "load_balancer_arn_suffix" {
  description = "End of the load balancer's ARN, as its metrics name it."
  value       = aws_lb.this.arn_suffix
}

output "website_url" {
  description = "Where the website is."
  value       = local.https && var.domain != null ? "https://${var.domain.name}" : (var.cloudfront != null ? "https://${module.edge.cloudfront_domain_name}" : "http://${aws_lb.this.dns_name}")
}

output "https" {
  description = "Whether the load balancer speaks HTTPS, and if not, what is missing."
  value       = local.https ? "on" : (var.domain == null ? "off: no domain and no certificate" : "off: ${var.domain.name} is not delegated; its name servers are in the output name_servers")
}

output "domain_name" {
  description = "The website's domain, or null."
  value       = var.domain == null ? null : var.domain.name
}

output "acm_certificate_arn" {
  description = "Certificate of the load balancer, or null."
  value       = local.https ? local.certificate_arn : null
}

output "route53_zone_name_servers" {
  description = "The same as name_servers, under its documented name."
  value       = module.edge.name_servers
}

output "name_servers" {
  description = "Name servers to enter at the registrar; empty without a zone of our own."
  value       = module.edge.name_servers
}

output "certificate_status" {
  description = "Status of the certificate, or null."
  value       = module.edge.certificate_status
}

output "cloudfront_domain_name" {
  description = "Name of the CDN, or null."
  value       = module.edge.cloudfront_domain_name
}

output "cloudfront_distribution_id" {
  description = "The CDN, for invalidations, or null."
  value       = module.edge.cloudfront_distribution_id
}

output "log_groups" {
  description = "Logs of the services, by short name."
  value       = { for name, group in aws_cloudwatch_log_group.service : name => group.name }
}

output "scheduler_function_name" {
  description = "The function that starts and stops services, or null."
  value       = one(module.scheduler[*].function_name)
}

output "parameters_to_set" {
  description = "Parameters whose value must be set outside Terraform."
  value       = sort([for parameter in aws_ssm_parameter.external : parameter.name])
}
