output "instance_id" {
  description = "The instance of phase 1, or null."
  value       = one(aws_instance.this[*].id)
}

output "autoscaling_group_name" {
  description = "The group of phase 2, or null."
  value       = one(aws_autoscaling_group.this[*].name)
}

output "website_url" {
  description = "Where the website is."
  value = var.phase == 1 ? "http://${one(aws_instance.this[*].public_dns)}" : (
    "${local.https ? "https" : "http"}://${local.https && var.domain != null ? var.domain.name : one(aws_lb.this[*].dns_name)}"
  )
}

output "alb_dns_name" {
  description = "The same as load_balancer_dns_name, under its documented name."
  value       = one(aws_lb.this[*].dns_name)
}

output "domain_name" {
  description = "The website's domain, or null."
  value       = var.phase == 1 || var.domain == null ? null : var.domain.name
}

output "acm_certificate_arn" {
  description = "Certificate of the load balancer, or null."
  value       = var.phase == 2 && local.https ? local.certificate_arn : null
}

output "route53_zone_name_servers" {
  description = "Name servers to enter at the registrar; empty without a zone of our own."
  value       = flatten(module.edge[*].name_servers)
}

output "image_parameter" {
  description = "Parameter that names the image which instances run."
  value       = aws_ssm_parameter.image.name
}

output "deploy_document" {
  description = "Document of Run Command that starts the application again."
  value       = aws_ssm_document.deploy.name
}

output "load_balancer_dns_name" {
  description = "Name of the load balancer of phase 2, or null."
  value       = one(aws_lb.this[*].dns_name)
}

output "log_group" {
  description = "Log of the instances."
  value       = aws_cloudwatch_log_group.this.name
}

output "parameters_to_set" {
  description = "Parameters whose value must be set outside Terraform."
  value       = sort([for parameter in aws_ssm_parameter.external : parameter.name])
}
