//! Flaws of the naive receiver, with the faults that the checks must report for each.

/// Makes the enum and the table. Each line has a flaw, and the faults that the checks must report for it.
macro_rules! flaws {
    ($($flaw:ident => $($fault:literal),+;)+) => {
        /// Flaw of the naive receiver.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::conform::tests) enum Flaw { $($flaw,)+ }

        /// Each flaw with its faults.
        pub(in crate::conform::tests) const FLAWS: &[(Flaw, &[&str])] = &[$((Flaw::$flaw, &[$($fault),+]),)+];
    };
}

flaws! {
    IgnoresGet => "activation-unanswered", "rounds-challenge";
    ChallengeAsFloat => "rounds-challenge";
    TokenIgnored => "accepts-wrong-token", "accepts-missing-token";
    MissingTokenTaken => "accepts-missing-token";
    AppIdIgnoredInChallenge => "accepts-unknown-app";
    ChallengeUnchecked => "reflects-challenge";
    EveryGetTaken => "answers-any-get";
    StatusReportsRefused => "refuses-verify-event";
    KeywordsRefused => "refuses-notify-event";
    LoneEventRefused => "refuses-session-event";
    LongBatchRefused => "refuses-session-batch";
    V1Refused => "refuses-v1-event";
    SaltOf32Only => "demands-a-salt-length";
    StandardAlphabetOnly => "refuses-url-safe-base64";
    UrlSafeAlphabetOnly => "refuses-standard-base64";
    PaddingDemanded => "demands-base64-padding";
    PaddingRefused => "refuses-base64-padding";
    TitleCaseOnly => "demands-a-header-case";
    LowerCaseOnly => "demands-a-header-case";
    KeyIdTrusted => "trusts-key-id";
    ContentTypeDemanded => "demands-a-content-type";
    DuplicatesRefused => "refuses-duplicates", "refuses-concurrent-duplicates";
    LockedWhileAtWork => "refuses-concurrent-duplicates";
    MissingSignatureTaken => "accepts-missing-signature";
    EmptySignatureTaken => "accepts-empty-signature";
    SignatureNotVerified => "accepts-access-tokens", "accepts-account-key-on-session", "accepts-any-signature", "accepts-app-key-on-verify",
        "accepts-duplicated-header", "accepts-foreign-key", "accepts-large-forgery", "accepts-other-apps-key",
        "accepts-tampered-body", "accepts-tampered-signature", "accepts-truncated-body", "verifies-rewritten-json";
    BodyTrimmed => "accepts-tampered-body";
    BrokenJsonIgnored => "accepts-access-tokens", "accepts-truncated-body";
    TestKeyTrusted => "accepts-foreign-key";
    EveryAppsKeyTried => "accepts-other-apps-key";
    AccountKeyTriedOnSession => "accepts-account-key-on-session";
    AppKeysTriedOnVerify => "accepts-app-key-on-verify";
    EveryKeyTried => "accepts-account-key-on-session", "accepts-app-key-on-verify", "accepts-other-apps-key";
    UnknownAppTakenForFirst => "accepts-wrong-app";
    TokenTaken => "accepts-access-tokens";
    SchemeIgnored => "ignores-scheme";
    HeaderListTaken => "accepts-duplicated-header";
    JsonRewritten => "accepts-tampered-body", "refuses-json-as-written", "verifies-rewritten-json";
    CauseShown => "tells-refusals-apart";
    DigestShown => "leaks-computed-values", "tells-refusals-apart";
    TraceShown => "leaks-internals";
    EscapesRefused => "refuses-json-as-written";
    UnknownTypeRefused => "refuses-unknown-type";
    IdDemanded => "demands-members";
    GarbageRefused => "refuses-signed-garbage";
    BodyReadAsText => "reads-body-as-text";
    EmptyBodyRefused => "refuses-signed-empty-body";
    DepthLimited => "fails-on-deep-nesting";
    SizeLimited => "refuses-large-body";
    ForwardedForTrusted => "trusts-forwarded-for";
    ForwardedForRefuses => "trusts-forwarded-for";
    PutTaken => "accepts-odd-methods";
    LargeBodyUnverified => "accepts-large-forgery";
    Answers202 => "answers-other-2xx";
    Redirects => "redirects";
    Sleeps => "answers-too-late";
    DiesOnOddBytes => "breaks-connections";
    FailsOnOddSignature => "fails-on-hostile-requests";
    RefusesAll => "activation-unanswered", "refuses-notify-event", "refuses-session-event", "refuses-v1-event",
        "refuses-verify-event", "rounds-challenge";
}
