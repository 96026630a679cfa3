//! `--rotate-every`: new keys for the local Prelude's Session app.

use std::{str::FromStr, sync::Arc};

use tokio::time::{Duration, sleep};

use super::{keep::KeepError, sender::Sender};

/// A time such as `30s`, `5m` or `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(pub Duration);

/// Error for a text that is not a positive number with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a time: expected a number with its unit, such as 30s, 5m or 1h")]
pub struct NotAPeriod;

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let (number, seconds) = [("s", 1), ("m", 60), ("h", 3_600)]
            .into_iter()
            .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
            .unwrap_or((text, 1));
        let number = number.parse::<u32>().ok().filter(|number| *number > 0).ok_or(NotAPeriod)?;
        Ok(Self(Duration::from_secs(u64::from(number) * seconds)))
    }
}

/// Publishes a new key of the app after each period. Never returns.
pub(super) async fn rotate(sender: Arc<Sender>, period: Duration) -> KeepError {
    loop {
        sleep(period).await;
        let sender = Arc::clone(&sender);
        // Without a new key, the old ones stay in use.
        drop(tokio::task::spawn_blocking(move || sender.rotate()).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_a_number_and_a_unit() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("2h", 7_200), ("7", 7)] {
            assert_eq!(text.parse(), Ok(Period(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "0s", "m", "-1s", "5 m", "1d", "99999999999s"] {
            assert_eq!(text.parse::<Period>(), Err(NotAPeriod), "{text}");
        }
    }
}
