variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "engine" {
  description = "`rds` for one PostgreSQL instance, `aurora` for Aurora Serverless v2 with a writer and readers."
  type        = string

  validation {
    condition     = contains(["rds", "aurora"], var.engine)
    error_message = "engine must be rds or aurora."
  }
}

variable "engine_version" {
  description = "Version of PostgreSQL: major (AWS upgrades the minor version automatically) or major.minor (pinned)."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^1[3-9](\\.[0-9]+)?$", var.engine_version))
    error_message = "engine_version must be PostgreSQL 13 or later, e.g. 17 or 17.4."
  }
}

variable "subnet_ids" {
  description = "IDs of private subnets, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids needs subnets in at least two zones: RDS requires it of a subnet group."
  }
}

variable "availability_zones" {
  description = "Availability zones that Aurora's instances are spread over."
  type        = list(string)
}

variable "security_group_id" {
  description = "ID of the database's security group."
  type        = string
}

variable "parameter_path" {
  description = "Path of the parameters DATABASE_URL and db/endpoint, e.g. `/bookmark-manager/staging`."
  type        = string
}

variable "database_name" {
  description = "Name of the database."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name must consist of lowercase letters, digits and underscores, and start with a letter."
  }
}

variable "username" {
  description = "Owner of the database."
  type        = string
  default     = "dbadmin"

  validation {
    condition     = !contains(["admin", "postgres", "rdsadmin", "master"], var.username)
    error_message = "username is reserved by RDS: choose another, e.g. dbadmin."
  }
}

variable "port" {
  description = "Port of the database."
  type        = number
  default     = 5432
}

variable "password_version" {
  description = "Raise it by one to set a new password; tasks use it from their next deployment on."
  type        = number
  default     = 1
}

variable "max_connections" {
  description = "Maximum number of connections; the alarm threshold is 80 % of it."
  type        = number

  validation {
    condition     = var.max_connections >= 20 && var.max_connections <= 5000
    error_message = "max_connections must be between 20 and 5000."
  }
}

variable "instance_class" {
  description = "Instance class of the RDS instance; Aurora here is always serverless."
  type        = string
  default     = "db.t4g.micro"
}

variable "allocated_storage" {
  description = "Storage of the RDS instance in GiB."
  type        = number
  default     = 20
}

variable "max_allocated_storage" {
  description = "Limit of the RDS instance's storage autoscaling, in GiB."
  type        = number
  default     = 50

  validation {
    condition     = var.max_allocated_storage > var.allocated_storage
    error_message = "max_allocated_storage must be greater than allocated_storage; otherwise the storage cannot grow."
  }
}

variable "multi_az" {
  description = "Keep a standby of the RDS instance in another availability zone."
  type        = bool
  default     = false
}

variable "read_replica" {
  description = "Create a read replica of the RDS instance."
  type        = bool
  default     = false
}

variable "instances" {
  description = "Aurora: name suffixes of the instances; the first one starts as the writer. Removing one does not affect the others."
  type        = list(string)
  default     = ["1", "2"]

  validation {
    condition     = length(var.instances) >= 1 && length(var.instances) <= 15 && length(distinct(var.instances)) == length(var.instances)
    error_message = "instances must have 1 to 15 different names: a writer and up to 14 readers."
  }
  validation {
    condition     = alltrue([for name in var.instances : can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", name))])
    error_message = "Names in instances may only contain lowercase letters, digits and hyphens, with no hyphen at either end."
  }
}

variable "min_capacity" {
  description = "Aurora: minimum capacity in ACU."
  type        = number
  default     = 0.5

  validation {
    condition     = var.min_capacity >= 0.5 && var.min_capacity <= var.max_capacity
    error_message = "min_capacity must be at least 0.5 and at most max_capacity: lower the one or raise the other."
  }
}

variable "max_capacity" {
  description = "Aurora: maximum capacity in ACU; it limits the cost."
  type        = number
  default     = 2

  validation {
    condition     = var.max_capacity >= 1 && var.max_capacity <= 256
    error_message = "max_capacity must be between 1 and 256."
  }
}

variable "backup_retention_days" {
  description = "Days for which the database can be restored to any point in time."
  type        = number

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be between 1 and 35: without backups nothing can be restored."
  }
  validation {
    condition     = !var.production || var.backup_retention_days >= 7
    error_message = "backup_retention_days is less than 7 in production. Keep at least a week."
  }
}

variable "log_retention_days" {
  description = "Retention of the database's log, in days."
  type        = number
}

variable "production" {
  description = "Whether this is production, which requires deletion protection, a final snapshot and a week of backups."
  type        = bool
}

variable "deletion_protection" {
  description = "Protect the database from deletion, also from the console."
  type        = bool

  validation {
    condition     = !var.production || var.deletion_protection
    error_message = "deletion_protection is off in production. Set it to true; to take the environment down, set allow_destroy = true instead, apply, and then destroy (README, \"Taking an environment down\")."
  }
}

variable "skip_final_snapshot" {
  description = "Destroy the database without a final snapshot."
  type        = bool
  default     = false

  validation {
    condition     = !var.production || !var.skip_final_snapshot
    error_message = "skip_final_snapshot is on in production, so a destroy would lose the last copy of the data. Set it to false."
  }
}

variable "allow_destroy" {
  description = "Lift the deletion protection. Apply this first, then destroy."
  type        = bool
  default     = false
}
