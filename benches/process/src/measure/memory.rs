//! Peak memory of a process after single events, and then after batches of 500.

use crate::{
    case::Case,
    contender::Contender,
    error::Result,
    measure::Effort,
    process::Function,
    results::{Measure, Results, Wire},
};

/// Requests before each reading of the peak.
pub(crate) const REQUESTS: [(Case, u32); 2] = [(Case::One, 200), (Case::Batch(500), 20)];

/// Measures every contender, in new processes.
pub(crate) async fn measure(results: &mut Results, contenders: &[Contender], effort: Effort) -> Result<()> {
    for _ in 0..effort.memories {
        for contender in contenders {
            let mut function = Function::start(contender, None).await?;
            function.first_poll().await?;
            for (case, requests) in REQUESTS {
                let delivery = case.delivery()?;
                for _ in 0..requests {
                    let answer = function.invoke(&delivery.invocation).await?;
                    if answer.status != Some(200) {
                        return Err(function.failure(&format!("200 expected, {:?} answered", answer.status)));
                    }
                }
                let peak = function.peak_memory()?;
                results.push(Measure::Memory, Wire::Plain, case, &contender.name, peak);
            }
            function.stop().await?;
        }
    }
    Ok(())
}
