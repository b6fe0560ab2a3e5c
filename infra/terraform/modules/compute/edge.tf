# Domain, certificate, firewall and CDN are created together with the load balancer: its listener needs the certificate,
# and the DNS records need its address.
module "edge" {
  source = "../edge"

  name_prefix = var.name_prefix
  domain      = var.domain
  waf         = var.waf
  cloudfront  = var.cloudfront
  access_logs = var.access_logs
  load_balancer = {
    arn      = aws_lb.this.arn
    dns_name = aws_lb.this.dns_name
    zone_id  = aws_lb.this.zone_id
    https    = local.https
  }
}
