//! Start of a process, and its first invocation.

use std::time::Duration;

use crate::{
    case::Case,
    contender::Contender,
    error::Result,
    measure::Effort,
    process::{Function, Tls},
    results::{Measure, Results, Wire},
};

/// Starts every contender many times, in turns.
pub(crate) async fn measure(
    results: &mut Results,
    contenders: &[Contender],
    tls: Option<&Tls>,
    effort: Effort,
) -> Result<()> {
    let delivery = Case::One.delivery()?;
    let wire = if tls.is_some() { Wire::Tls } else { Wire::Plain };
    for round in 0..effort.starts {
        let is_due = |contender: &&Contender| contender.kind.is_rust() || round < effort.slow_starts;
        let mut due: Vec<_> = contenders.iter().filter(is_due).collect();
        fastrand::shuffle(&mut due);
        for contender in due {
            let mut function = Function::start(contender, tls).await?;
            let first_poll = function.first_poll().await?;
            let first = function.invoke(&delivery.invocation).await?;
            if first.status != Some(200) {
                return Err(function.failure(&format!("200 expected, {:?} answered", first.status)));
            }
            function.stop().await?;
            let mut push = |measure, time: Duration| {
                let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                results.push(measure, wire, Case::One, &contender.name, nanoseconds);
            };
            push(Measure::FirstPoll, first_poll);
            push(Measure::FirstInvocation, first.took);
        }
    }
    Ok(())
}
