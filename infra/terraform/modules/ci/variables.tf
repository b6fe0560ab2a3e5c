variable "github" {
  description = "The repository whose workflows may plan, apply and deploy, its main branch, and whether to create GitHub's OIDC provider (one per account)."
  type = object({
    repository           = string
    branch               = optional(string, "main")
    create_oidc_provider = optional(bool, true)
  })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository must be owner/name, without wildcards."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.github.branch))
    error_message = "github.branch must be the name of one branch, without wildcards."
  }
}

variable "state_bucket" {
  description = "Name of the state bucket, in which the roles lock their states."
  type        = string
}

variable "environments" {
  description = "Environments, keyed by the name of the GitHub environment: the prefix of resource names, the region, the ECS cluster (null for instances), the ECR repositories, the path of the parameters, and the prefix of the states in the bucket."
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
    error_message = "Every name_prefix in environments must be 3 to 32 lowercase letters, digits and hyphens."
  }
  validation {
    condition     = alltrue([for environment in values(var.environments) : length(environment.repositories) > 0])
    error_message = "An environment has no repositories, so nothing can be deployed to it."
  }
}
