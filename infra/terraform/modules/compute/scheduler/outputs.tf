output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "zip_base64" {
  description = "ZIP archive of the function, for a test that unpacks it."
  value       = local.zip_base64
}
