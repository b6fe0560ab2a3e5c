locals {
  # A map, so that adding a client does not change the addresses of the other rules.
  database_clients = merge(
    { for name, service in var.services : name => aws_security_group.service[name].id if service.uses_database },
    var.bastion == null ? {} : { bastion = aws_security_group.bastion[0].id },
  )
}

resource "aws_security_group" "database" {
  # checkov:skip=CKV2_AWS_5: attached by another module, which a scan of this module cannot see
  count = var.database_port == null ? 0 : 1

  name        = "${var.name_prefix}-database"
  description = "Database: from the services that use it, and the bastion"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name_prefix}-database" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = var.database_port == null ? {} : local.database_clients

  security_group_id            = aws_security_group.database[0].id
  description                  = "From ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}

resource "aws_vpc_security_group_egress_rule" "database_client" {
  for_each = var.database_port == null ? {} : local.database_clients

  security_group_id            = each.value
  description                  = "To the database"
  referenced_security_group_id = aws_security_group.database[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}
