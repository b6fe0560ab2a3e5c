output "function_name" {
  description = "The function."
  value       = aws_lambda_function.this.function_name
}

output "zip_base64" {
  description = "What it is made of, for a test that unpacks it."
  value       = local.zip_base64
}
