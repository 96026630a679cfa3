//! `PRELUDE_ACCEPT_UNSIGNED`: the sources that are accepted unsigned, and their conditions on other settings.

use prelude_events::Source;

use super::{
    problem::Problems,
    settings::{Settings, name},
};
use crate::gate::{
    Gate, IpCheck,
    extent::{Extent, is_private},
};

/// Reads the sources whose events are accepted without a signature.
pub(super) fn sources(settings: &Settings, problems: &mut Problems) -> Vec<Source> {
    let mut sources = Vec::new();
    for (index, word) in settings.list(name::ACCEPT_UNSIGNED).into_iter().flatten().enumerate() {
        match word.parse() {
            Ok(Source::Session) => problems.add(
                name::ACCEPT_UNSIGNED,
                "cannot hold session: Session batches are always signed, and anyone could post an unsigned one",
            ),
            Ok(source) => sources.push(source),
            Err(_unknown) => problems.add(
                name::ACCEPT_UNSIGNED,
                format!("has an entry {} that is unknown: expected one of verify_v1, verify, notify", index + 1),
            ),
        }
    }
    sources
}

/// Checks the conditions of an unsigned source.
pub(super) fn check(settings: &Settings, accepted: &[Source], gate: &Gate, problems: &mut Problems) {
    if !is_set(settings) {
        return;
    }
    if settings.text(name::PATH_TOKEN).is_none() {
        problems.add(
            name::ACCEPT_UNSIGNED,
            "needs PRELUDE_PATH_TOKEN: the secret path is a proof of an unsigned request",
        );
    }
    if gate.check == IpCheck::Off {
        problems.add(
            name::ACCEPT_UNSIGNED,
            "cannot be used with PRELUDE_IP_CHECK=off: an unsigned request must come from a listed address",
        );
    }
    if accepted.contains(&Source::Verify) && settings.text(name::PUBLIC_KEYS).is_some() {
        problems.add(
            name::ACCEPT_UNSIGNED,
            "cannot hold verify while PRELUDE_PUBLIC_KEYS is set, because Verify's events are signed then",
        );
    }
    // A private proxy belongs to the operator, so the number of its addresses does not matter.
    let public_proxies = gate.trusted_proxies.iter().filter(|block| !is_private(block));
    for (name, what, extent) in [
        (name::ALLOWED_IPS, "addresses", Extent::of(&gate.allowed)),
        (name::TRUSTED_PROXIES, "public addresses", Extent::of(public_proxies)),
    ] {
        if extent.is_too_wide() {
            let max = Extent::MAX;
            let message = format!(
                "holds too many {what} ({extent}): expected at most {max} while PRELUDE_ACCEPT_UNSIGNED is set, \
                 because the address is a proof of an unsigned request"
            );
            problems.add(name, message);
        }
    }
}

/// Reports whether the conditions apply. A wrong word in the list does not switch them off.
pub(super) fn is_set(settings: &Settings) -> bool {
    settings.text(name::ACCEPT_UNSIGNED).is_some()
}

#[cfg(test)]
mod tests {
    use crate::{
        authenticate::test_keys::pem,
        config::tests::{PREFIX, problems, read},
    };

    const UNSIGNED: (&str, &str) = ("PRELUDE_ACCEPT_UNSIGNED", "verify_v1");
    const TOKEN: (&str, &str) = ("PRELUDE_PATH_TOKEN", "0123456789abcdef0123456789abcdef");

    #[test]
    fn unsigned_sources_need_the_secret_path_and_the_address_check() {
        let keys = pem("account-2048");
        let keys = ("PRELUDE_PUBLIC_KEYS", keys.as_str());
        assert!(read(&[PREFIX, UNSIGNED, TOKEN]).is_ok());
        assert_eq!(problems(&[PREFIX, UNSIGNED]).0, ["PRELUDE_ACCEPT_UNSIGNED"]);
        assert_eq!(
            problems(&[PREFIX, UNSIGNED, TOKEN, ("PRELUDE_IP_CHECK", "off")]).0,
            ["PRELUDE_ACCEPT_UNSIGNED"]
        );
        assert!(read(&[PREFIX, ("PRELUDE_ACCEPT_UNSIGNED", "verify"), TOKEN]).is_ok());
        assert_eq!(
            problems(&[PREFIX, ("PRELUDE_ACCEPT_UNSIGNED", "verify"), TOKEN, keys]).0,
            ["PRELUDE_ACCEPT_UNSIGNED"]
        );
        assert!(read(&[PREFIX, ("PRELUDE_ACCEPT_UNSIGNED", "notify"), TOKEN, keys]).is_ok());
    }

    #[test]
    fn a_token_that_can_be_guessed_is_a_problem_and_a_digest_is_not() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let short = "0123456789abcdef0123456789abcde";
        for (tokens, count) in [
            ("x".to_owned(), 1),
            (short.to_owned(), 1),
            (format!("{},{short},{digest},y", TOKEN.1), 2),
            (format!("{},{digest}", TOKEN.1), 0),
        ] {
            let variables = [PREFIX, UNSIGNED, ("PRELUDE_PATH_TOKEN", &*tokens)];
            if count == 0 {
                assert!(read(&variables).is_ok_and(|config| config.warnings.is_empty()), "{tokens}");
                continue;
            }
            let (named, text) = problems(&variables);
            assert_eq!(named, vec!["PRELUDE_PATH_TOKEN"; count], "{tokens}");
            assert!(!text.contains(short), "{text}");
        }
        // A wrong word in the list does not switch the conditions off.
        let (named, _) = problems(&[PREFIX, ("PRELUDE_ACCEPT_UNSIGNED", "x"), ("PRELUDE_PATH_TOKEN", "x")]);
        assert_eq!(named, ["PRELUDE_ACCEPT_UNSIGNED", "PRELUDE_PATH_TOKEN"]);
    }

    #[test]
    fn a_list_that_strangers_are_on_is_a_problem_of_its_own_variable() {
        let narrow = ["34.252.67.0/24,34.252.67.9", "10.0.0.0/25,192.0.2.0/25,2001:db8::/62", "2001:db8::1"];
        let wide = [
            "0.0.0.0/0",
            "::/0",
            "34.252.67.0/24,34.252.68.0",
            "::ffff:34.252.0.0/112",
            "2001:db8::/61",
            "2001:db8::/62,2001:db8:0:4::1",
        ];
        for name in ["PRELUDE_ALLOWED_IPS", "PRELUDE_TRUSTED_PROXIES"] {
            for list in narrow {
                assert!(read(&[PREFIX, UNSIGNED, TOKEN, (name, list)]).is_ok(), "{name} {list}");
            }
            for list in wide {
                assert_eq!(problems(&[PREFIX, UNSIGNED, TOKEN, (name, list)]).0, [name], "{list}");
                let apps = ("PRELUDE_APPS", r#"[{"app_id":"a","verification_token":"t"}]"#);
                assert!(read(&[PREFIX, apps, (name, list)]).is_ok(), "signatures are proof enough: {list}");
            }
        }
        let both = [("PRELUDE_ALLOWED_IPS", wide[0]), ("PRELUDE_TRUSTED_PROXIES", wide[1])];
        let (named, text) = problems(&[PREFIX, UNSIGNED, TOKEN, both[0], both[1]]);
        assert_eq!(named, ["PRELUDE_ALLOWED_IPS", "PRELUDE_TRUSTED_PROXIES"]);
        assert!(text.contains("4294967296 IPv4 addresses") && text.contains("at most 256"), "{text}");
    }

    #[test]
    fn private_proxies_are_not_counted_and_private_callers_are() {
        for (list, is_private) in [
            ("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7", true),
            ("10.0.0.0/8,192.0.2.0/24", true),
            ("10.0.0.0/7", false),
            ("10.0.0.0/8,11.0.0.0/8", false),
            ("0.0.0.0/0", false),
            ("172.16.0.0/11", false),
        ] {
            let proxies = read(&[PREFIX, UNSIGNED, TOKEN, ("PRELUDE_TRUSTED_PROXIES", list)]);
            assert_eq!(proxies.is_ok(), is_private, "{list}");
            assert_eq!(
                problems(&[PREFIX, UNSIGNED, TOKEN, ("PRELUDE_ALLOWED_IPS", list)]).0,
                ["PRELUDE_ALLOWED_IPS"],
                "{list}"
            );
        }
    }
}
