module "ecr" {
  source = "../modules/ecr"

  name_prefix  = var.name_prefix
  repositories = ["service"]
  keep_images  = 30
  force_delete = var.allow_destroy
}
