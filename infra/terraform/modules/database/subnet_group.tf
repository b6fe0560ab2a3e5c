resource "aws_db_subnet_group" "this" {
  name        = "${var.name_prefix}-database"
  description = "Private subnets for the database"
  subnet_ids  = var.subnet_ids
}
