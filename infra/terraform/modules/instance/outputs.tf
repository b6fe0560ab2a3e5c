output "instance_id" {
  description = "ID of the instance of phase 1, or null."
  value       = one(aws_instance.this[*].id)
}

output "autoscaling_group_name" {
  description = "Name of the Auto Scaling group of phase 2, or null."
  value       = one(aws_autoscaling_group.this[*].name)
}

output "website_url" {
  description = "URL of the website."
  value = var.phase == 1 ? "http://${one(aws_instance.this[*].public_dns)}" : (
    "${local.https ? "https" : "http"}://${local.https && var.domain != null ? var.domain.name : one(aws_lb.this[*].dns_name)}"
  )
}

output "alb_dns_name" {
  description = "Same value as load_balancer_dns_name, under its documented name."
  value       = one(aws_lb.this[*].dns_name)
}

output "domain_name" {
  description = "Domain of the website, or null."
  value       = var.phase == 1 || var.domain == null ? null : var.domain.name
}

output "acm_certificate_arn" {
  description = "ARN of the load balancer's certificate, or null."
  value       = var.phase == 2 && local.https ? local.certificate_arn : null
}

output "route53_zone_name_servers" {
  description = "Name servers to set at the registrar; empty unless the zone is created here."
  value       = flatten(module.edge[*].name_servers)
}

output "image_parameter" {
  description = "Name of the parameter with the image that instances run."
  value       = aws_ssm_parameter.image.name
}

output "deploy_document" {
  description = "Run Command document that restarts the application."
  value       = aws_ssm_document.deploy.name
}

output "load_balancer_dns_name" {
  description = "DNS name of the load balancer of phase 2, or null."
  value       = one(aws_lb.this[*].dns_name)
}

output "log_group" {
  description = "Log group of the instances."
  value       = aws_cloudwatch_log_group.this.name
}

output "parameters_to_set" {
  description = "Parameters whose values must be set outside Terraform."
  value       = sort([for parameter in aws_ssm_parameter.external : parameter.name])
}
