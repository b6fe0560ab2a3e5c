output "stream_name" {
  description = "The stream of Firehose."
  value       = aws_kinesis_firehose_delivery_stream.this.name
}

output "log_group_name" {
  description = "Where the stream says what it could not deliver."
  value       = aws_cloudwatch_log_group.stream.name
}
