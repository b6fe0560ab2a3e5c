output "repository_urls" {
  description = "URLs of the repositories, by short name of the service."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "repository_arns" {
  description = "ARNs of the repositories, by short name of the service."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.arn }
}
