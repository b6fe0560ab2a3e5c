output "bucket_name" {
  description = "Name of the bucket that `state = \"s3\"` in envs/root.hcl uses."
  value       = aws_s3_bucket.this.id
}
