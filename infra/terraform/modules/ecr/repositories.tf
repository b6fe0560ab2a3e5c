resource "aws_ecr_repository" "this" {
  # checkov:skip=CKV_AWS_136: encrypted with the ECR-managed key; a customer-managed key costs money and can lock us out
  for_each = var.repositories

  name = "${var.name_prefix}-${each.key}"
  # An immutable tag always identifies the same image. A mutable one (:latest) is deployed with a forced new deployment, and
  # a rollback to it starts the image that it then points to.
  # checkov:skip=CKV_AWS_51: each environment decides on mutable tags; staging deploys :latest, as documented
  image_tag_mutability = var.mutable_tags ? "MUTABLE" : "IMMUTABLE"
  force_delete         = var.force_delete

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Layers of failed or replaced pushes"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Keep the last ${var.keep_images}"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
    ]
  })
}
