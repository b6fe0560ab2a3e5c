variable "github" {
  description = "The repository whose workflows may plan, apply and deploy, its main branch, and whether GitHub must still be made known to the account (one for each account)."
  type = object({
    repository           = string
    branch               = optional(string, "main")
    create_oidc_provider = optional(bool, true)
  })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is written as owner/name, with no wildcard."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.github.branch))
    error_message = "github.branch is the name of one branch, with no wildcard."
  }
}

variable "state_bucket" {
  description = "Bucket of the states, whose locks the roles must hold."
  type        = string
}

variable "environments" {
  description = "Environments by the name that they have as environments of the repository: how their names begin, the region, the ECS cluster (null: instances), the repositories of images, where parameters lie, and where in the bucket their states."
  type = map(object({
    name_prefix    = string
    region         = string
    cluster_name   = optional(string)
    repositories   = list(string)
    parameter_path = string
    state_prefix   = string
  }))

  validation {
    condition     = alltrue([for environment in values(var.environments) : can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", environment.name_prefix))])
    error_message = "A name_prefix of environments does not have 3 to 32 small letters, digits and hyphens."
  }
  validation {
    condition     = alltrue([for environment in values(var.environments) : length(environment.repositories) > 0])
    error_message = "An environment has no repositories, so nothing could be deployed to it."
  }
}
