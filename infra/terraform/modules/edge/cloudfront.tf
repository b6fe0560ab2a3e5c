data "aws_region" "current" {}

locals {
  static = var.cloudfront == null ? false : var.cloudfront.static != null
  # CloudFront only accepts certificates from us-east-1.
  cloudfront_certificate = local.delegated && data.aws_region.current.name == "us-east-1"
  # A separate name for the load balancer that its certificate covers. The domain itself resolves to CloudFront, so with the
  # domain as origin CloudFront would send requests to itself.
  origin = var.domain == null ? null : "origin.${var.domain.name}"
}

# A warning in every plan, not an error: without a domain there is no certificate that CloudFront would accept.
check "origin_encrypted" {
  assert {
    condition     = var.cloudfront == null || var.load_balancer.https
    error_message = "CloudFront reaches the load balancer over plain HTTP, because there is no certificate: traffic between the two is not encrypted. Set a domain."
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
  # checkov:skip=CKV_AWS_68: the firewall is a variable of the load balancer (waf), which CloudFront's requests pass through too
  # checkov:skip=CKV_AWS_86: access logs are a variable, on in pantri
  # checkov:skip=CKV_AWS_174: without a domain CloudFront's own certificate is used, whose TLS versions cannot be chosen; with one, the minimum is TLS 1.2
  # checkov:skip=CKV_AWS_305: the application serves /, not a file
  # checkov:skip=CKV_AWS_310: one origin per path; the load balancer itself spans several zones
  # checkov:skip=CKV_AWS_374: the website is available in every country
  # checkov:skip=CKV2_AWS_32: the application sets its own headers; it knows which sources it loads
  # checkov:skip=CKV2_AWS_42: without a domain there is no custom certificate
  # checkov:skip=CKV2_AWS_47: where the firewall is on, it is attached to the load balancer and includes the rules for known bad inputs
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

  # Pages are rendered per visitor: nothing is cached, and every header, cookie and query string is forwarded.
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
