data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18: access logs are not required; reads are not logged, since CloudTrail here records management events only
  # checkov:skip=CKV_AWS_21: each environment decides on versioning; the specification has it off in staging
  # checkov:skip=CKV_AWS_144: cross-region copies are not required
  # checkov:skip=CKV_AWS_145: encrypted with the S3-managed key; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV2_AWS_62: nothing consumes events of this bucket
  # The account is part of the name because bucket names are globally unique.
  bucket        = "${var.name_prefix}-${var.purpose}-${data.aws_caller_identity.current.account_id}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  # checkov:skip=CKV2_AWS_65: ACLs are off except where CloudFront delivers its logs, which requires one
  bucket = aws_s3_bucket.this.id

  rule {
    # CloudFront's log delivery requires ACLs, which BucketOwnerEnforced turns off.
    object_ownership = var.log_delivery ? "BucketOwnerPreferred" : "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    # Not "Disabled": versioning can only be suspended once a bucket has had it enabled.
    status = var.versioning ? "Enabled" : "Suspended"
  }
}
