//! URLs on the command line.

/// Parses an `http://` or `https://` URL with a host. The text stays as it was written.
pub(crate) fn http_url(text: &str) -> Result<String, &'static str> {
    let url = text.parse::<http::Uri>().ok();
    let is_http = url.is_some_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
    });
    if is_http { Ok(text.to_owned()) } else { Err("expected a URL with http:// or https:// and a host") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_of_http_and_a_host() {
        for good in ["http://127.0.0.1:9000/webhooks", "https://a.example", "http://[::1]:1/?x=1"] {
            assert_eq!(http_url(good).as_deref(), Ok(good));
        }
        for bad in ["foo", "notaurl", "ftp://x", "http://", "https:///path", "127.0.0.1:9000", "http:x", ""] {
            assert!(http_url(bad).is_err(), "{bad}");
        }
    }
}
