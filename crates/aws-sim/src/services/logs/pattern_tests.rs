//! Filter patterns against lines, following the documentation of CloudWatch Logs.

use super::*;

fn hit(pattern: &str, line: &str) -> bool {
    Pattern::parse(pattern).unwrap().matches(line)
}

#[test]
fn plain_terms_must_all_match_and_one_alternative_suffices() {
    assert!(hit("", "anything"));
    assert!(hit("ERROR", "[ERROR 500] no") && !hit("ERROR", "error"));
    assert!(hit("ERROR timeout", "timeout ERROR") && !hit("ERROR timeout", "ERROR"));
    assert!(hit("?ERROR ?WARN", "WARN x") && !hit("?ERROR ?WARN", "INFO"));
    assert!(hit("ERROR -health", "ERROR a") && !hit("ERROR -health", "ERROR health"));
    assert!(hit("\"INTERNAL SERVER\"", "x INTERNAL SERVER y") && !hit("\"INTERNAL SERVER\"", "INTERNAL x SERVER"));
}

#[test]
fn json_selectors_compare_fields_by_path() {
    let line = r#"{"level":50,"req":{"method":"GET","url":"/api/a"},"tags":["x","y"],"ok":true,"none":null}"#;
    for pattern in [
        "{ $.level >= 50 }",
        "{ $.req.url = \"/api/*\" && $.level = 50 }",
        "{ ($.level = 1 || $.ok IS TRUE) && $.none IS NULL }",
        "{ $.tags[1] = \"y\" }",
        "{ $.missing NOT EXISTS }",
        "{ $.req.method != POST }",
    ] {
        assert!(hit(pattern, line), "{pattern}");
    }
    assert!(!hit("{ $.level < 50 }", line) && !hit("{ $.level = 50 }", "level 50"));
}

#[test]
fn regular_expressions_match_a_part_unless_anchored() {
    assert!(hit("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST") && !hit("%^AUTH%", "UNAUTHORIZED"));
    assert!(hit("%[Ee]rror|[Ff]ail% -health", "a Failure") && !hit("%[Ee]rror% -health", "error health"));
    assert!(hit("{ $.url = %^/api/[a-z]+$% }", r#"{"url":"/api/tags"}"#));
    assert!(!hit("{ $.url = %^/api/[a-z]+$% }", r#"{"url":"/api/1"}"#));
}

#[test]
fn columns_are_matched_by_position() {
    let line = r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    for pattern in [
        "[ip, id, user, time, request, status, bytes]",
        "[ip, id, user, time, request = *.html*, status = 4*, bytes > 1000]",
        "[..., status = 404 || status = 410, bytes]",
        "[..., request = \"GET *\", status != 200 && status < 500, bytes]",
        "[ip = %127[.]0% , ..., bytes]",
    ] {
        assert!(hit(pattern, line), "{pattern}");
    }
    for pattern in ["[ip, id]", "[..., bytes > 2000]", "[..., status = 5*, bytes]", "[user = frank, ...]"] {
        assert!(!hit(pattern, line), "{pattern}");
    }
    let many = format!("[{}, x = zz]", vec!["..."; 30].join(", "));
    assert!(!hit(&many, &"word ".repeat(200)) && hit(&many, &format!("{}zz", "word ".repeat(200))));
    assert!(hit("[level, ...]", "x") && !hit("[a, b]", "x") && hit("[a, b]", "日本 語"));
}

#[test]
fn invalid_pattern_is_rejected() {
    for bad in ["[a", "[a =]", "[a b]", "[,]", "%open", "%(a)%", "%a% %b% %c%", "{ $.a = %!% }"] {
        assert!(Pattern::parse(bad).is_err(), "{bad}");
    }
    for bad in ["\"open", "a,b", "{ $.a }", "{ $.a = }", "{ a = 1 }", "{ $.a = 1", "{ ($.a = 1 }", "{ $.a IS 1 }", "-"]
    {
        assert!(Pattern::parse(bad).is_err(), "{bad}");
    }
}
