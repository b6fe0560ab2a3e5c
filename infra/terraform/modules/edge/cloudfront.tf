data "aws_region" "current" {}

locals {
  static = var.cloudfront == null ? false : var.cloudfront.static != null
  # CloudFront takes certificates of us-east-1 only.
  cloudfront_certificate = local.delegated && data.aws_region.current.name == "us-east-1"
  # The load balancer under a name of its own, which its certificate has: the domain itself leads to CloudFront, so that
  # CloudFront with the domain as origin would ask itself.
  origin = var.domain == null ? null : "origin.${var.domain.name}"
}

# A sentence in every plan, not a failure: without a domain there is no certificate that CloudFront would accept.
check "origin_encrypted" {
  assert {
    condition     = var.cloudfront == null || var.load_balancer.https
    error_message = "CloudFront asks the load balancer over plain HTTP, as there is no certificate for it: what readers send is readable between the two. Give it a domain."
  }
}

resource "aws_cloudfront_origin_access_control" "static" {
  count = local.static ? 1 : 0

  name                              = "${var.name_prefix}-static"
  description                       = "Static files are read by CloudFront only"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_68: a firewall is a variable of the load balancer (waf), where CloudFront's requests arrive too
  # checkov:skip=CKV_AWS_86: access logs are a variable, on in pantri
  # checkov:skip=CKV_AWS_174: without a domain it has CloudFront's own certificate, whose versions of TLS cannot be chosen; with one, TLS 1.2 is the least
  # checkov:skip=CKV_AWS_305: the application answers /, not a file
  # checkov:skip=CKV_AWS_310: one origin a path; the load balancer is in several zones itself
  # checkov:skip=CKV_AWS_374: for readers everywhere
  # checkov:skip=CKV2_AWS_32: headers are the application's, which knows what it loads from where
  # checkov:skip=CKV2_AWS_42: without a domain there is no certificate of our own
  # checkov:skip=CKV2_AWS_47: where the firewall is on, it is at the load balancer, with the rules for known bad inputs
  count = var.cloudfront == null ? 0 : 1

  enabled         = true
  is_ipv6_enabled = true
  comment         = var.name_prefix
  price_class     = var.cloudfront.price_class
  http_version    = "http2and3"
  aliases         = local.cloudfront_certificate ? [var.domain.name, "www.${var.domain.name}"] : []

  origin {
    origin_id   = "load-balancer"
    domain_name = var.load_balancer.https && local.origin != null ? local.origin : var.load_balancer.dns_name
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = var.load_balancer.https ? "https-only" : "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  dynamic "origin" {
    for_each = local.static ? [var.cloudfront.static.bucket_domain_name] : []
    content {
      origin_id                = "static"
      domain_name              = origin.value
      origin_access_control_id = aws_cloudfront_origin_access_control.static[0].id
    }
  }

  # Pages are made for each reader: nothing is cached, and everything is passed on.
  default_cache_behavior {
    target_origin_id         = "load-balancer"
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods           = ["GET", "HEAD"]
    compress                 = true
    cache_policy_id          = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # AWS's CachingDisabled
    origin_request_policy_id = "216adef6-5c7f-47e4-b989-5492eafa07d3" # AWS's AllViewer
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.static ? var.cloudfront.static.paths : []
    content {
      path_pattern           = ordered_cache_behavior.value
      target_origin_id       = "static"
      viewer_protocol_policy = "redirect-to-https"
      allowed_methods        = ["GET", "HEAD"]
      cached_methods         = ["GET", "HEAD"]
      compress               = true
      cache_policy_id        = "658327ea-f89d-4fab-a63d-7e88639e58f6" # AWS's CachingOptimized
    }
  }

  dynamic "logging_config" {
    for_each = var.access_logs == null ? [] : [1]
    content {
      bucket          = var.access_logs.bucket_domain_name
      prefix          = "cloudfront/"
      include_cookies = false
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = !local.cloudfront_certificate
    acm_certificate_arn            = local.cloudfront_certificate ? aws_acm_certificate_validation.this[0].certificate_arn : null
    ssl_support_method             = local.cloudfront_certificate ? "sni-only" : null
    minimum_protocol_version       = local.cloudfront_certificate ? "TLSv1.2_2021" : "TLSv1"
  }
}
