output "vpc_id" {
  description = "ID of the VPC."
  value       = aws_vpc.this.id
}

output "cidr_block" {
  description = "CIDR block of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "IDs of the subnets with a route to the internet gateway, in zone order."
  value       = [for zone in sort(keys(local.zones)) : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "IDs of the private subnets, in zone order."
  value       = [for zone in sort(keys(local.zones)) : aws_subnet.private[zone].id]
}

output "availability_zones" {
  description = "Availability zones, sorted."
  value       = sort(var.availability_zones)
}

output "nat_gateway_ids" {
  description = "IDs of the NAT gateways by zone letter, for the alarm on their traffic."
  value       = { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
}

output "s3_endpoint_id" {
  description = "ID of the S3 gateway endpoint, or null."
  value       = try(aws_vpc_endpoint.gateway["s3"].id, null)
}
