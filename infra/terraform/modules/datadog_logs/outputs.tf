output "stream_name" {
  description = "Name of the Firehose stream."
  value       = aws_kinesis_firehose_delivery_stream.this.name
}

output "log_group_name" {
  description = "Log group of the stream's delivery errors."
  value       = aws_cloudwatch_log_group.stream.name
}
