# Packs index.mjs into a ZIP archive with Terraform alone: no build step, no tool, and no file between plan and apply, so that
# a plan can be applied on another machine and the archive is never empty or outdated.
#
# Terraform has no zip function, but base64gzip() deflates the data and computes the CRC-32; a ZIP archive with one entry
# holds the same two in other headers. Bytes are represented as strings of eight binary digits, which HCL can slice and join.
# tests/infrastructure unpacks the result with another program.
locals {
  entry  = "index.mjs"
  source = file("${path.module}/${local.entry}")

  base64_digits = split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  digit_bits    = { for value, digit in local.base64_digits : digit => format("%06b", value) }
  bits_digit    = { for digit, bits in local.digit_bits : bits => digit }

  # gzip: a 10-byte header, the deflated data, then CRC-32 and length, 4 bytes each.
  gzip     = regexall("[01]{8}", join("", [for digit in regexall("[A-Za-z0-9+/]", base64gzip(local.source)) : local.digit_bits[digit]]))
  deflated = slice(local.gzip, 10, length(local.gzip) - 8)
  crc      = slice(local.gzip, length(local.gzip) - 8, length(local.gzip) - 4)
  size     = slice(local.gzip, length(local.gzip) - 4, length(local.gzip))
  name     = regexall("[01]{8}", join("", [for digit in regexall("[A-Za-z0-9+/]", base64encode(local.entry)) : local.digit_bits[digit]]))

  # Numbers in a ZIP archive are little-endian.
  uint16 = { for key, number in local.numbers : key => [for place in [1, 256] : format("%08b", floor(number / place) % 256)] }
  uint32 = { for key, number in local.numbers : key => [for place in [1, 256, 65536, 16777216] : format("%08b", floor(number / place) % 256)] }
  numbers = {
    zero          = 0
    one           = 1
    version       = 20
    deflate       = 8
    date          = 33            # 1980-01-01, the earliest date of the format; constant, so that equal sources give equal archives
    unix          = 3 * 256 + 20  # "made by" Unix, so that the permissions are used
    permissions   = 33188 * 65536 # regular file, mode 0644
    compressed    = length(local.deflated)
    name_length   = length(local.name)
    central_size  = 46 + length(local.name)
    central_start = 30 + length(local.name) + length(local.deflated)
  }
  signatures = {
    for key, last in { entry = [3, 4], central = [1, 2], end = [5, 6] } :
    key => [for byte in concat([80, 75], last) : format("%08b", byte)] # "PK" and two bytes
  }

  # Fields shared by the entry's header and its copy in the central directory.
  shared_fields = concat(
    local.uint16.version, local.uint16.zero, local.uint16.deflate, local.uint16.zero, local.uint16.date,
    local.crc, local.uint32.compressed, local.size, local.uint16.name_length, local.uint16.zero,
  )
  bytes = concat(
    local.signatures.entry, local.shared_fields, local.name, local.deflated,
    local.signatures.central, local.uint16.unix, local.shared_fields, local.uint16.zero, local.uint16.zero, local.uint16.zero, local.uint32.permissions, local.uint32.zero, local.name,
    local.signatures.end, local.uint16.zero, local.uint16.zero, local.uint16.one, local.uint16.one, local.uint32.central_size, local.uint32.central_start, local.uint16.zero,
  )

  # Back to Base64, from 8 bits a byte to 6 bits a digit, with zero bytes and `=` padding the last group of three bytes.
  padding    = (3 - length(local.bytes) % 3) % 3
  bits       = join("", concat(local.bytes, [for number in range(local.padding) : "00000000"]))
  digits     = join("", [for bits in regexall("[01]{6}", local.bits) : local.bits_digit[bits]])
  zip_base64 = "${substr(local.digits, 0, length(local.digits) - local.padding)}${substr("==", 0, local.padding)}"
}
