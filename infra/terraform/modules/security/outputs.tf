output "alb_security_group_id" {
  description = "Group of the load balancer."
  value       = aws_security_group.alb.id
}

output "service_security_group_ids" {
  description = "Groups of the services, by short name."
  value       = { for name, group in aws_security_group.service : name => group.id }
}

output "database_security_group_id" {
  description = "Group of the database, or null."
  value       = try(aws_security_group.database[0].id, null)
}

output "bastion_instance_id" {
  description = "The bastion, or null."
  value       = try(aws_instance.bastion[0].id, null)
}

output "allowed_cidr_blocks" {
  description = "Who reaches the load balancer."
  value       = var.allowed_cidr_blocks
}
