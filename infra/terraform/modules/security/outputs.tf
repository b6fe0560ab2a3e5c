output "alb_security_group_id" {
  description = "ID of the load balancer's security group."
  value       = aws_security_group.alb.id
}

output "service_security_group_ids" {
  description = "IDs of the services' security groups, by short name."
  value       = { for name, group in aws_security_group.service : name => group.id }
}

output "database_security_group_id" {
  description = "ID of the database's security group, or null."
  value       = try(aws_security_group.database[0].id, null)
}

output "bastion_instance_id" {
  description = "Instance ID of the bastion, or null."
  value       = try(aws_instance.bastion[0].id, null)
}

output "allowed_cidr_blocks" {
  description = "CIDR blocks that may reach the load balancer."
  value       = var.allowed_cidr_blocks
}
