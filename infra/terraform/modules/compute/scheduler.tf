module "scheduler" {
  source = "./scheduler"
  count  = var.schedule == null ? 0 : 1

  name_prefix          = var.name_prefix
  cluster_name         = aws_ecs_cluster.this.name
  cluster_arn          = aws_ecs_cluster.this.arn
  schedule             = var.schedule
  log_retention_days   = var.log_retention_days
  permissions_boundary = var.permissions_boundary
}
