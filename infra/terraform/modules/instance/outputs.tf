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
  value = var.phase == 1 ? "http://${one(aws_instance.this[*].public_dns)}:${var.port}" : (
    "${var.certificate_arn == null ? "http" : "https"}://${one(aws_lb.this[*].dns_name)}"
  )
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
