mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
}

variables {
  name_prefix = "team-test"
  load_balancer = {
    arn      = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/1"
    dns_name = "x.elb.amazonaws.com"
    zone_id  = "Z1"
    https    = false
  }
}

run "nothing_asked_for" {
  command = plan

  assert {
    condition     = length(aws_route53_zone.this) + length(aws_acm_certificate.this) + length(aws_wafv2_web_acl.this) + length(aws_cloudfront_distribution.this) == 0
    error_message = "nothing was asked for"
  }
}

run "a_firewall" {
  command = plan
  variables {
    waf = true
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.this) == 1 && length(aws_wafv2_web_acl.this[0].rule) == 4
    error_message = "three groups of rules and a limit"
  }
}

run "a_zone_that_is_not_delegated_yet" {
  command = plan
  variables {
    domain = { name = "example.com", create_zone = true, delegated = false }
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 1 && length(aws_acm_certificate_validation.this) == 0
    error_message = "nothing waits for a validation that cannot come"
  }
}

run "a_cdn_without_a_bucket" {
  command = plan
  variables {
    cloudfront = {}
  }

  assert {
    condition     = length(aws_cloudfront_distribution.this) == 1 && length(aws_cloudfront_origin_access_control.static) == 0
    error_message = "a CDN before the load balancer only"
  }
  # Without a certificate, the plan says that CloudFront asks over HTTP.
  expect_failures = [check.origin_encrypted]
}

# The domain leads to CloudFront, and CloudFront to the load balancer, never to the domain.
run "the_origin_is_not_the_domain" {
  command = plan
  variables {
    cloudfront = {}
    domain     = { name = "example.com", create_zone = true }
    load_balancer = {
      arn      = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/1"
      dns_name = "x.elb.amazonaws.com"
      zone_id  = "Z1"
      https    = true
    }
  }

  assert {
    condition     = length(setintersection([for origin in aws_cloudfront_distribution.this[0].origin : origin.domain_name], aws_cloudfront_distribution.this[0].aliases)) == 0
    error_message = "CloudFront would ask itself"
  }
  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this[0].origin : origin.domain_name]) == aws_route53_record.origin[0].name && aws_route53_record.origin[0].alias[0].name == "x.elb.amazonaws.com"
    error_message = "the origin is a name that leads to the load balancer"
  }
  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this[0].origin : origin.custom_origin_config[0].origin_protocol_policy]) == "https-only"
    error_message = "what readers send is not readable between the two"
  }
}

run "a_domain_without_a_zone" {
  command = plan
  variables {
    domain = { name = "example.com" }
  }
  expect_failures = [var.domain]
}

run "a_domain_that_is_none" {
  command = plan
  variables {
    domain = { name = "https://example.com/", create_zone = true }
  }
  expect_failures = [var.domain]
}

run "a_limit_that_would_block_people" {
  command = plan
  variables {
    waf            = true
    waf_rate_limit = 10
  }
  expect_failures = [var.waf_rate_limit]
}
