data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18: access logs are not asked for, and nothing else records who read a file: CloudTrail here has management events only
  # checkov:skip=CKV_AWS_21: versioning is the environment's decision; the documents have it off in staging
  # checkov:skip=CKV_AWS_144: copies in another region are not asked for
  # checkov:skip=CKV_AWS_145: encrypted with the key of S3; a key of our own costs and can lock us out
  # checkov:skip=CKV2_AWS_62: nothing waits for an event of this bucket
  # The account in the name: bucket names are unique in the world.
  bucket        = "${var.name_prefix}-${var.purpose}-${data.aws_caller_identity.current.account_id}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  # checkov:skip=CKV2_AWS_65: access lists are off everywhere but where CloudFront delivers its logs, which needs one
  bucket = aws_s3_bucket.this.id

  rule {
    # CloudFront delivers its logs by an access list of the bucket, which the other setting does without.
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
    # Not "Disabled", which is only for buckets that never had versions: a bucket that had some could not go back.
    status = var.versioning ? "Enabled" : "Suspended"
  }
}
