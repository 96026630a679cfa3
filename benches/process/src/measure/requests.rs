//! CPU and time of requests, in blocks of equal requests.

use std::time::Duration;

use crate::{
    case::{Case, Delivery},
    contender::Contender,
    error::Result,
    measure::{
        Effort,
        inspection::{Refused, inspect},
    },
    process::{Function, Tls},
    results::{Measure, Results, Wire},
};

/// Measures every contender with one case. A contender that refuses the case is noted and takes no part.
pub(crate) async fn measure(
    results: &mut Results,
    contenders: &[Contender],
    case: Case,
    tls: Option<&Tls>,
    effort: Effort,
) -> Result<()> {
    let delivery = case.delivery()?;
    let wire = if tls.is_some() { Wire::Tls } else { Wire::Plain };
    for process in 0..effort.processes {
        let mut functions = Vec::new();
        let is_due = |contender: &&Contender| contender.kind.is_rust() || process < effort.slow_processes;
        for contender in contenders.iter().filter(is_due) {
            let mut function = Function::start(contender, tls).await?;
            function.first_poll().await?;
            match inspect(&function, contender.kind, case, &delivery).await? {
                Ok(entries) => {
                    warm_up(&function, case, &delivery).await?;
                    functions.push((contender, function, entries));
                }
                Err(Refused(answer)) => {
                    results.refuse(&contender.name, case, answer);
                    function.stop().await?;
                }
            }
        }
        for _ in 0..rounds(case, effort) {
            fastrand::shuffle(&mut functions);
            for (contender, function, entries) in &functions {
                let [cpu, wall] = block(function, case, &delivery, *entries).await?;
                results.push(Measure::Cpu, wire, case, &contender.name, cpu);
                results.push(Measure::Wall, wire, case, &contender.name, wall);
            }
        }
        for (_, function, _) in functions {
            function.stop().await?;
        }
    }
    Ok(())
}

/// Number of rounds with one process: the fewer, the longer a request takes.
fn rounds(case: Case, effort: Effort) -> u32 {
    let rounds = match case {
        Case::Largest => 4,
        Case::Batch(count) if count >= 2_000 => 7,
        Case::Batch(count) if count >= 500 => 12,
        Case::One | Case::Batch(_) => 20,
    };
    // A quick run has fewer processes, and therefore no smaller number of rounds than this.
    (f64::from(rounds * Effort::FULL.processes) * effort.share / f64::from(effort.processes)).ceil() as u32
}

async fn warm_up(function: &Function, case: Case, delivery: &Delivery) -> Result<()> {
    for _ in 0..case.warm_up() {
        accepted(function, delivery).await?;
    }
    Ok(())
}

/// Sends the requests of a block one after the other. Returns the mean CPU and time in nanoseconds.
async fn block(function: &Function, case: Case, delivery: &Delivery, entries: u64) -> Result<[u64; 2]> {
    let before = function.sqs().count();
    settle().await;
    let cpu = function.cpu()?;
    let mut wall = Duration::ZERO;
    for _ in 0..case.requests() {
        wall += accepted(function, delivery).await?;
    }
    settle().await;
    let cpu = function.cpu()?.saturating_sub(cpu);
    let sent = function.sqs().count() - before;
    let expected = entries * u64::from(case.requests());
    if sent != expected {
        let problem = format!("{}: {expected} messages expected, {sent} sent", case.label());
        return Err(function.failure(&problem));
    }
    Ok([cpu, wall].map(|time| u64::try_from((time / case.requests()).as_nanos()).unwrap_or(u64::MAX)))
}

/// Lets the process finish its work after an answer, and ask for the next event.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

async fn accepted(function: &Function, delivery: &Delivery) -> Result<Duration> {
    let answer = function.invoke(&delivery.invocation).await?;
    if answer.status == Some(200) {
        Ok(answer.took)
    } else {
        Err(function.failure(&format!("200 expected, {:?} answered", answer.status)))
    }
}
