output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "cidr_block" {
  description = "Its addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets with a route to the internet, in the order of their zones."
  value       = [for zone in sort(keys(local.zones)) : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Subnets without, in the order of their zones."
  value       = [for zone in sort(keys(local.zones)) : aws_subnet.private[zone].id]
}

output "availability_zones" {
  description = "The zones, sorted."
  value       = sort(var.availability_zones)
}

output "nat_gateway_ids" {
  description = "NAT gateways by zone letter, for the alarm on their traffic."
  value       = { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
}

output "s3_endpoint_id" {
  description = "The gateway endpoint of S3, or null."
  value       = try(aws_vpc_endpoint.gateway["s3"].id, null)
}
