//! Lambda's limit on the environment.

use serde_json::{Map, Value};

use super::Group;
use crate::environment::Environment;

/// What all variables may take, written as one JSON object.
const MAX_ENVIRONMENT: usize = 4_096;

pub(super) fn group(settings: &Environment) -> Group {
    let mut group = Group::new("limits");
    // Of this process only what is the receiver's: the rest is this machine's.
    let is_deployed = |name: &str| {
        !name.starts_with("PRELUDE_CLI_") && (settings.is_of_file() || name.starts_with("PRELUDE_"))
    };
    let variables: Map<String, Value> = settings
        .texts()
        .filter(|(name, _)| is_deployed(name))
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect();
    let size = Value::Object(variables).to_string().len();
    let told = format!("the environment takes {size} of Lambda's {MAX_ENVIRONMENT} bytes");
    match size {
        0..=3_600 => group.ok(told),
        3_601..=MAX_ENVIRONMENT => {
            group.warn(format!("{told}: move apps or keys into PRELUDE_CONFIG_FILE soon"))
        }
        _ => {
            group.fail(format!("{told}: it can not be deployed; move apps or keys into PRELUDE_CONFIG_FILE"))
        }
    }
    group
}
