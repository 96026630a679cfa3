use prelude_local::env_file::env_file;

use super::*;
use prelude_local::prelude::samples;

#[test]
fn an_env_file_takes_the_place_of_the_process() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/.env");
    let environment = Environment::read(Some(&path)).unwrap();
    for (name, value) in samples::environment().unwrap() {
        assert_eq!(environment.variable(&name), Some(value.as_str()), "{name}");
    }
    assert_eq!(environment.variable("PATH"), None);
    assert!(Environment::read(None).unwrap().variable("PATH").is_some());
    assert_eq!(environment.config().unwrap().apps.len(), 2);
}

#[test]
fn problems_are_one_sentence_without_a_value() {
    let path = env::temp_dir().join(format!("prelude-env-{}", std::process::id()));
    for (text, expected) in [
        ("a b c s3cret", ", line 1 is not a setting: expected NAME=value"),
        (
            "PRELUDE_APPS=[{\"app_id\":\"s3cret\"}]\n",
            "the JSON of PRELUDE_APPS has lost its quotes: write PRELUDE_APPS='…'",
        ),
        (
            "PRELUDE_APPS=s3cret\n",
            "the receiver would not start: PRELUDE_APPS is not JSON (line 1, column 1); ",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let error =
            Environment::read(Some(&path)).and_then(|e| e.config().map(drop)).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("s3cret") && !error.contains('\n'), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let error = Environment::read(Some(&path)).unwrap_err().to_string();
    assert!(error.contains("cannot be read"), "{error}");
}

#[test]
fn a_line_that_is_not_a_setting_is_named_by_its_number() {
    let path = env::temp_dir().join(format!("prelude-lines-{}", std::process::id()));
    let pem = "-----BEGIN PUBLIC KEY-----\ns3cret\n-----END PUBLIC KEY-----";
    let unclosed = pem.replace("KEY-----\ns3cret", "KEY-----\n\n# s3cret");
    for (text, line) in [
        (format!("# keys\n\nA=1\nB={pem}\n"), 4),
        ("A='1\n2'\n\nB=\"-----BEGIN PUBLIC KEY-----\"\ns3cret\n".to_owned(), 5),
        (format!("A=1\r\nB='{pem}\r\nC=2\r\n"), 2),
        (format!("A=1\nB=\"{unclosed}\nC=2"), 2),
        ("s3cret".to_owned(), 1),
        ("A=1\n\n\nB=two words".to_owned(), 4),
    ] {
        fs::write(&path, &text).unwrap();
        let error = Environment::of_file(&path).unwrap_err().to_string();
        let expected = format!("{}, line {line} is not a setting: ", path.display());
        assert!(error.starts_with(&expected) && !error.contains("s3cret"), "{text}: {error}");
    }
    fs::write(&path, format!("A='{pem}'\nB=2\n")).unwrap();
    let environment = Environment::of_file(&path).unwrap();
    assert_eq!((environment.text("A"), environment.text("B")), (Some(pem), Some("2")));
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_value_is_read_without_the_blanks_around_it_however_the_file_writes_it() {
    let path = env::temp_dir().join(format!("prelude-blanks-{}", std::process::id()));
    let apps = r#"[{"app_id":"a","verification_token":"it's $HOME"},
        {"app_id":"b","verification_token":"t","public_keys":[]}]"#;
    // Quoted by jq's `@sh`, by this tool, and with escaped line ends between single quotes.
    let shell = format!("A='{}\n'\nB='1'\n", apps.replace('\'', r"'\''"));
    let own = env_file([("A", format!(" {apps}\r\n\n")), ("B", "1\n".to_owned())]);
    let escaped = format!("A='{}\\n'\nB='1\\r\\n'\n", apps.replace('\'', "").replace('\n', " "));
    for (text, expected) in [
        (shell, apps.to_owned()),
        (own, apps.to_owned()),
        (escaped, apps.replace('\'', "").replace('\n', " ")),
    ] {
        fs::write(&path, &text).unwrap();
        let environment = Environment::of_file(&path).unwrap();
        let read: Vec<_> = environment.texts().collect();
        assert_eq!(read, [("A", &*expected), ("B", "1")], "{text}");
    }
    fs::remove_file(&path).unwrap();
    let blank = Environment::of_variables([("A".into(), " \\n\n".into())]);
    assert_eq!(blank.text("A"), None);
}

#[test]
fn a_default_gives_way_and_is_not_a_setting() {
    let token = "PRELUDE_PATH_TOKEN";
    let default = [("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/1/p-")];
    let apps = ("PRELUDE_APPS", r#"[{"app_id":"a","verification_token":"t"}]"#);
    let environment = |variables: &[(&str, &str)], is_of_file| {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), Some((*value).into())));
        Environment::new(variables, is_of_file)
    };
    for (variables, is_of_file) in [(&[][..], false), (&[(token, "")], false)] {
        let read = environment(variables, is_of_file).config_with(&default);
        assert!(matches!(read, Err(EnvironmentError::NoSettings)), "{variables:?}");
    }
    for prefix in [&[][..], &[("PRELUDE_QUEUE_URL_PREFIX", "")]] {
        let variables = [&[apps][..], prefix].concat();
        assert!(environment(&variables, false).config().is_err());
        assert!(environment(&variables, false).config_with(&default).is_ok());
    }
    let own = [apps, ("PRELUDE_QUEUE_URL_PREFIX", "not a URL")];
    assert!(environment(&own, true).config_with(&default).is_err());
}

#[test]
fn the_last_value_counts() {
    let set = |value: &str| ("A".to_owned(), value.to_owned());
    assert_eq!(Environment::of_variables([set("1"), set("")]).text("A"), None);
    let mut environment = Environment::of_variables([set("1"), set("2")]);
    environment.set("A", "3");
    assert_eq!((environment.variable("A"), environment.variables.len()), (Some("3"), 1));
}
