# index.mjs as a ZIP, made by Terraform alone: no build step, no tool on the machine, no file between plan and
# apply (a plan made on one machine can be applied on another), so an empty or an old ZIP cannot happen.
#
# Terraform has no zip function, but base64gzip() deflates and computes the CRC-32, and a ZIP of one entry is
# those two with other headers around them. Bytes are written as strings of eight bits, which HCL can cut and
# join; tests/infrastructure unpacks the result with another program.
locals {
  entry  = "index.mjs"
  source = file("${path.module}/${local.entry}")

  base64_digits = split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  digit_bits    = { for value, digit in local.base64_digits : digit => format("%06b", value) }
  bits_digit    = { for digit, bits in local.digit_bits : bits => digit }

  # gzip: a header of 10 bytes, the deflated data, CRC-32 and length in 4 bytes each.
  gzip     = regexall("[01]{8}", join("", [for digit in regexall("[A-Za-z0-9+/]", base64gzip(local.source)) : local.digit_bits[digit]]))
  deflated = slice(local.gzip, 10, length(local.gzip) - 8)
  crc      = slice(local.gzip, length(local.gzip) - 8, length(local.gzip) - 4)
  size     = slice(local.gzip, length(local.gzip) - 4, length(local.gzip))
  name     = regexall("[01]{8}", join("", [for digit in regexall("[A-Za-z0-9+/]", base64encode(local.entry)) : local.digit_bits[digit]]))

  # Numbers in a ZIP begin with their lowest byte.
  two  = { for key, number in local.numbers : key => [for place in [1, 256] : format("%08b", floor(number / place) % 256)] }
  four = { for key, number in local.numbers : key => [for place in [1, 256, 65536, 16777216] : format("%08b", floor(number / place) % 256)] }
  numbers = {
    zero          = 0
    one           = 1
    version       = 20
    deflate       = 8
    date          = 33            # 1980-01-01, the first that can be written: the same source is the same ZIP
    unix          = 3 * 256 + 20  # made by, so that the permissions count
    permissions   = 33188 * 65536 # a file that everyone may read
    compressed    = length(local.deflated)
    name_length   = length(local.name)
    central_size  = 46 + length(local.name)
    central_start = 30 + length(local.name) + length(local.deflated)
  }
  signatures = {
    for key, last in { entry = [3, 4], central = [1, 2], end = [5, 6] } :
    key => [for byte in concat([80, 75], last) : format("%08b", byte)] # P K …
  }

  # What the entry's header and its copy in the central directory have in common.
  described = concat(
    local.two.version, local.two.zero, local.two.deflate, local.two.zero, local.two.date,
    local.crc, local.four.compressed, local.size, local.two.name_length, local.two.zero,
  )
  bytes = concat(
    local.signatures.entry, local.described, local.name, local.deflated,
    local.signatures.central, local.two.unix, local.described, local.two.zero, local.two.zero, local.two.zero, local.four.permissions, local.four.zero, local.name,
    local.signatures.end, local.two.zero, local.two.zero, local.two.one, local.two.one, local.four.central_size, local.four.central_start, local.two.zero,
  )

  # 8 bits a byte back to 6 bits a digit; as many zeros and signs at the end as are missing to whole groups.
  missing    = (3 - length(local.bytes) % 3) % 3
  bits       = join("", concat(local.bytes, [for number in range(local.missing) : "00000000"]))
  digits     = join("", [for bits in regexall("[01]{6}", local.bits) : local.bits_digit[bits]])
  zip_base64 = "${substr(local.digits, 0, length(local.digits) - local.missing)}${substr("==", 0, local.missing)}"
}
