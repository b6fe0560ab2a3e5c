variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "engine" {
  description = "`rds` for one PostgreSQL instance, `aurora` for Aurora Serverless v2 with a writer and readers."
  type        = string

  validation {
    condition     = contains(["rds", "aurora"], var.engine)
    error_message = "engine is rds or aurora."
  }
}

variable "engine_version" {
  description = "Version of PostgreSQL: major (AWS raises the minor one by itself), or major.minor (nothing is raised until this is)."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^1[3-9](\\.[0-9]+)?$", var.engine_version))
    error_message = "engine_version is a version of PostgreSQL from 13 on, as 17 or 17.4."
  }
}

variable "subnet_ids" {
  description = "Private subnets, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids needs subnets in at least two zones: RDS takes no group of one."
  }
}

variable "availability_zones" {
  description = "Zones that Aurora's instances are spread over."
  type        = list(string)
}

variable "security_group_id" {
  description = "Group that says who reaches the database."
  type        = string
}

variable "parameter_path" {
  description = "Where DATABASE_URL and db/endpoint are put, as `/bookmark-manager/staging`."
  type        = string
}

variable "database_name" {
  description = "Name of the database."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name has small letters, digits and underscores and begins with a letter."
  }
}

variable "username" {
  description = "Its owner."
  type        = string
  default     = "dbadmin"

  validation {
    condition     = !contains(["admin", "postgres", "rdsadmin", "master"], var.username)
    error_message = "username is reserved by RDS: take another, as dbadmin."
  }
}

variable "port" {
  description = "Port it listens on."
  type        = number
  default     = 5432
}

variable "password_version" {
  description = "Raise it by one to set a new password; tasks take it with their next deployment."
  type        = number
  default     = 1
}

variable "max_connections" {
  description = "Connections that the database allows; the alarm is at 80 % of it."
  type        = number

  validation {
    condition     = var.max_connections >= 20 && var.max_connections <= 5000
    error_message = "max_connections is between 20 and 5000."
  }
}

variable "instance_class" {
  description = "Size of the RDS instance; Aurora here is always serverless."
  type        = string
  default     = "db.t4g.micro"
}

variable "allocated_storage" {
  description = "Storage of the RDS instance in GiB."
  type        = number
  default     = 20
}

variable "max_allocated_storage" {
  description = "How far storage grows by itself, in GiB."
  type        = number
  default     = 50

  validation {
    condition     = var.max_allocated_storage > var.allocated_storage
    error_message = "max_allocated_storage must be more than allocated_storage, or storage could not grow."
  }
}

variable "multi_az" {
  description = "Keep a standby of the RDS instance in another zone."
  type        = bool
  default     = false
}

variable "read_replica" {
  description = "Have an RDS instance that follows and is only read."
  type        = bool
  default     = false
}

variable "instances" {
  description = "Aurora: instances by the end of their names, the first of which is made as the writer. One that is taken out touches no other."
  type        = list(string)
  default     = ["1", "2"]

  validation {
    condition     = length(var.instances) >= 1 && length(var.instances) <= 15 && length(distinct(var.instances)) == length(var.instances)
    error_message = "instances has 1 to 15 different names: a writer, and up to 14 readers."
  }
  validation {
    condition     = alltrue([for name in var.instances : can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", name))])
    error_message = "A name of instances has something else than small letters, digits and hyphens."
  }
}

variable "min_capacity" {
  description = "Aurora: least capacity in ACU."
  type        = number
  default     = 0.5

  validation {
    condition     = var.min_capacity >= 0.5 && var.min_capacity <= var.max_capacity
    error_message = "min_capacity must be at least 0.5 and not more than max_capacity: lower the one or raise the other."
  }
}

variable "max_capacity" {
  description = "Aurora: most capacity in ACU; what it costs at most follows from it."
  type        = number
  default     = 2

  validation {
    condition     = var.max_capacity >= 1 && var.max_capacity <= 256
    error_message = "max_capacity is between 1 and 256."
  }
}

variable "backup_retention_days" {
  description = "How many days back the database can be restored to any second."
  type        = number

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is between 1 and 35: without backups nothing can be restored."
  }
  validation {
    condition     = !var.production || var.backup_retention_days >= 7
    error_message = "backup_retention_days is less than 7 in production. Keep at least a week."
  }
}

variable "log_retention_days" {
  description = "How long the database's log is kept."
  type        = number
}

variable "production" {
  description = "Whether people would miss it: demands deletion protection, a final snapshot and a week of backups."
  type        = bool
}

variable "deletion_protection" {
  description = "Refuse every deletion, also from the console."
  type        = bool

  validation {
    condition     = !var.production || var.deletion_protection
    error_message = "deletion_protection is off in production. Set it to true; to take the environment down, set allow_destroy = true instead, apply, and then destroy (README, \"Taking an environment down\")."
  }
}

variable "skip_final_snapshot" {
  description = "Destroy without a last snapshot."
  type        = bool
  default     = false

  validation {
    condition     = !var.production || !var.skip_final_snapshot
    error_message = "skip_final_snapshot is on in production: the last copy of the data would be gone. Set it to false."
  }
}

variable "allow_destroy" {
  description = "Lifts the deletion protection. Apply it, then destroy."
  type        = bool
  default     = false
}
