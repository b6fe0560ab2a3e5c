output "repository_urls" {
  description = "Where images are pushed, by short name of the service."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "repository_arns" {
  description = "The same as ARNs."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.arn }
}
