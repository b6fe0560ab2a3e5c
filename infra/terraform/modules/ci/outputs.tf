output "role_arns" {
  description = "ARNs of the plan, apply and deploy roles, by environment."
  value = { for name in keys(var.environments) : name => {
    plan   = aws_iam_role.plan[name].arn
    apply  = aws_iam_role.apply[name].arn
    deploy = aws_iam_role.deploy[name].arn
  } }
}

output "boundary_arns" {
  description = "ARNs of the permissions boundaries, by environment."
  value       = { for name, policy in aws_iam_policy.boundary : name => policy.arn }
}
