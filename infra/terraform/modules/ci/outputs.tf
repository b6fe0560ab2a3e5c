output "role_arns" {
  description = "Roles by environment: plan, apply and deploy."
  value = { for name in keys(var.environments) : name => {
    plan   = aws_iam_role.plan[name].arn
    apply  = aws_iam_role.apply[name].arn
    deploy = aws_iam_role.deploy[name].arn
  } }
}

output "boundary_arns" {
  description = "Permissions boundaries of the roles of each environment."
  value       = { for name, policy in aws_iam_policy.boundary : name => policy.arn }
}
