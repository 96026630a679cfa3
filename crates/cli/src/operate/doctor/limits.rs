//! Checks the size of the environment against Lambda's limit.

use serde_json::{Map, Value};

use super::Group;
use crate::environment::Environment;

/// Largest size of all variables, as one JSON object.
const MAX_ENVIRONMENT: usize = 4_096;

pub(super) fn group(settings: &Environment) -> Group {
    let mut group = Group::new("limits");
    // This process also has variables that are not the receiver's.
    let is_deployed = |name: &str| {
        !name.starts_with("PRELUDE_CLI_") && (settings.is_of_file() || name.starts_with("PRELUDE_"))
    };
    let variables: Map<String, Value> = settings
        .texts()
        .filter(|(name, _)| is_deployed(name))
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect();
    let size = Value::Object(variables).to_string().len();
    let used = format!("the environment takes {size} of Lambda's {MAX_ENVIRONMENT} bytes");
    match size {
        0..=3_600 => group.ok(used),
        3_601..=MAX_ENVIRONMENT => {
            group.warn(format!("{used}: move apps or keys into PRELUDE_CONFIG_FILE soon"))
        }
        _ => group.fail(format!("{used}: it cannot be deployed; move apps or keys into PRELUDE_CONFIG_FILE")),
    }
    group
}
