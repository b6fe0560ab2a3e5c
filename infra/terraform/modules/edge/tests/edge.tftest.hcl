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

run "nothing_is_created_by_default" {
  command = plan

  assert {
    condition     = length(aws_route53_zone.this) + length(aws_acm_certificate.this) + length(aws_wafv2_web_acl.this) + length(aws_cloudfront_distribution.this) == 0
    error_message = "something was created without being requested"
  }
}

run "firewall_has_rule_groups_and_a_rate_limit" {
  command = plan
  variables {
    waf = true
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.this) == 1 && length(aws_wafv2_web_acl.this[0].rule) == 4
    error_message = "there are not three rule groups and a rate limit"
  }
}

run "validation_waits_for_delegation" {
  command = plan
  variables {
    domain = { name = "example.com", create_zone = true, delegated = false }
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 1 && length(aws_acm_certificate_validation.this) == 0
    error_message = "the apply would wait for a validation that cannot succeed yet"
  }
}

run "cdn_works_without_a_bucket" {
  command = plan
  variables {
    cloudfront = {}
  }

  assert {
    condition     = length(aws_cloudfront_distribution.this) == 1 && length(aws_cloudfront_origin_access_control.static) == 0
    error_message = "the load balancer is not the only origin"
  }
  # Without a certificate, the plan warns that CloudFront uses plain HTTP.
  expect_failures = [check.origin_encrypted]
}

# The domain resolves to CloudFront, whose origin is the load balancer, never the domain.
run "cloudfront_origin_is_not_the_domain" {
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
    error_message = "CloudFront would send requests to itself"
  }
  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this[0].origin : origin.domain_name]) == aws_route53_record.origin[0].name && aws_route53_record.origin[0].alias[0].name == "x.elb.amazonaws.com"
    error_message = "the origin's name does not resolve to the load balancer"
  }
  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this[0].origin : origin.custom_origin_config[0].origin_protocol_policy]) == "https-only"
    error_message = "traffic between CloudFront and the load balancer is not encrypted"
  }
}

run "domain_without_a_zone_is_rejected" {
  command = plan
  variables {
    domain = { name = "example.com" }
  }
  expect_failures = [var.domain]
}

run "invalid_domain_is_rejected" {
  command = plan
  variables {
    domain = { name = "https://example.com/", create_zone = true }
  }
  expect_failures = [var.domain]
}

run "low_rate_limit_is_rejected" {
  command = plan
  variables {
    waf            = true
    waf_rate_limit = 10
  }
  expect_failures = [var.waf_rate_limit]
}
