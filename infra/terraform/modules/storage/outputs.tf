output "bucket_name" {
  description = "The bucket."
  value       = aws_s3_bucket.this.id
}

output "bucket_arn" {
  description = "The same as ARN."
  value       = aws_s3_bucket.this.arn
}

output "bucket_domain_name" {
  description = "Its name for CloudFront."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
