output "bucket_name" {
  description = "The bucket that `state = \"s3\"` in envs/root.hcl uses."
  value       = aws_s3_bucket.this.id
}
