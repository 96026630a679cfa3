//! A whole run: builds the contenders and measures them.

use std::{
    env::current_exe,
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use tokio::process::Command;

use crate::{
    case::{CASES, SIZES},
    contender::{BASE, Contender, Kind, RECEIVER},
    error::{BenchError, Named as _, Result},
    install::{self, Installed},
    machine::Machine,
    measure::{Effort, memory, requests, start},
    process::Tls,
    progress::Progress,
    report::{ABOUT, PLOTTED},
    results::{Results, Row},
    tls,
};

/// Options of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// Measures for about a minute, without TLS.
    pub(crate) quick: bool,
    /// Names of the contenders; all if empty.
    pub(crate) only: Vec<String>,
    /// Names of contenders that take no part.
    pub(crate) without: Vec<String>,
    /// More builds of the receiver.
    pub(crate) add: Vec<(String, PathBuf)>,
}

impl Plan {
    /// Builds that the caller adds take part in any case.
    fn includes(&self, name: &str) -> bool {
        let is_named = |names: &[String]| names.iter().any(|each| each == name);
        let is_added = self.add.iter().any(|(added, _)| added == name);
        (self.only.is_empty() || is_named(&self.only) || is_added) && !is_named(&self.without)
    }
}

/// Folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("")).to_owned()
}

/// Builds, installs and measures.
pub(crate) async fn run(plan: &Plan) -> Result<Results> {
    let mut results =
        Results { machine: Machine::here(), seconds: 0, contenders: Vec::new(), series: Vec::new() };
    let contenders = contenders(plan, &mut results).await?;
    // Read anew, because the builds are a load.
    results.machine = Machine::here();
    let started = Instant::now();
    measure(&mut results, &contenders, plan.quick).await?;
    results.seconds = started.elapsed().as_secs();
    Ok(results)
}

async fn measure(results: &mut Results, contenders: &[Contender], quick: bool) -> Result<()> {
    let effort = if quick { Effort::QUICK } else { Effort::FULL };
    let tls = if quick { None } else { Some(tls().await?) };
    let wires: Vec<_> = [None].into_iter().chain(tls.as_ref().map(Some)).collect();
    let sizes: &[_] = if quick { &[] } else { &SIZES };
    let progress = Progress::new(wires.len() * (1 + CASES.len()) + 1 + sizes.len());
    for wire in wires {
        let over = if wire.is_some() { ", over TLS" } else { "" };
        progress.step(&format!("starts{over}"));
        start::measure(results, contenders, wire, effort).await?;
        for case in CASES {
            progress.step(&format!("{}{over}", case.label()));
            requests::measure(results, contenders, case, wire, effort).await?;
        }
    }
    progress.step("memory");
    memory::measure(results, contenders, effort).await?;
    let is_plotted = |contender: &&Contender| PLOTTED.contains(&contender.name.as_str());
    let plotted: Vec<_> = contenders.iter().filter(is_plotted).cloned().collect();
    for case in sizes {
        progress.step(&format!("plot: {}", case.label()));
        requests::measure(results, &plotted, *case, None, effort).await?;
    }
    Ok(())
}

/// Builds and installs the contenders, in the order of the tables. Notes those that this machine cannot run.
async fn contenders(plan: &Plan, results: &mut Results) -> Result<Vec<Contender>> {
    let added: Vec<_> = plan.add.iter().map(|(name, _)| name.as_str()).collect();
    let known: Vec<_> = ABOUT.iter().map(|(name, _)| name).chain(&added).copied().collect();
    if let Some(name) = plan.only.iter().chain(&plan.without).find(|name| !known.contains(&name.as_str())) {
        let problem = format!("unknown contender: expected one of {}", known.join(", "));
        return Err(BenchError::Contender(name.clone(), problem));
    }
    build("prelude-webhooks").await?;
    build("prelude-floors").await?;
    let binary = |file: &str| folder().map(|folder| folder.join(file));
    let receiver = Contender::binary(RECEIVER, "receiver", Kind::Receiver, binary("prelude-webhooks")?);
    let metrics = Contender::binary(
        "receiver-metrics",
        "receiver, metrics on",
        Kind::Receiver,
        binary("prelude-webhooks")?,
    )
    .with("PRELUDE_METRICS", "emf");
    let mut all = vec![receiver, metrics];
    all.extend(
        plan.add.iter().map(|(name, file)| Contender::binary(name, name, Kind::Receiver, file.clone())),
    );
    all.push(Contender::binary("bare", "floor: bare", Kind::Bare, binary("floor-bare")?));
    all.push(Contender::binary(BASE, "floor: equal work", Kind::EqualWork, binary("floor-equal-work")?));
    all.retain(|contender| plan.includes(&contender.name));
    for contender in &all {
        results.contenders.push(Row::measured(contender, None)?);
    }
    if plan.includes("node") {
        note(results, &mut all, ["node", "Node.js"], install::node().await)?;
    }
    if plan.includes("python") {
        note(results, &mut all, ["python", "Python"], install::python().await)?;
    }
    Ok(all)
}

/// Adds an installed function, or the reason why it is skipped.
fn note(
    results: &mut Results,
    contenders: &mut Vec<Contender>,
    [name, label]: [&str; 2],
    installed: Result<Installed>,
) -> Result<()> {
    match installed {
        Ok(Installed { contender, note, versions }) => {
            results.contenders.push(Row::measured(&contender, note)?);
            results.machine.versions.extend(versions);
            contenders.push(contender);
        }
        Err(error) => results.contenders.push(Row::skipped(name, label, error.to_string())),
    }
    Ok(())
}

/// Folder of the release binaries. This program is one of them.
fn folder() -> Result<PathBuf> {
    let own = current_exe().named("the folder of the binaries")?;
    Ok(own.parent().unwrap_or(&own).to_owned())
}

/// Builds release binaries as their users build them. One package at a time, because together they would share features.
async fn build(package: &str) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--locked"]).args(["--package", package]).current_dir(workspace());
    let status = command.stdin(Stdio::null()).kill_on_drop(true).status().await.named("cargo")?;
    if status.success() {
        Ok(())
    } else {
        Err(BenchError::Command(format!("cargo build --release --package {package}"), status.to_string()))
    }
}

/// A certificate authority for this run.
async fn tls() -> Result<Tls> {
    let folder = install::folder();
    tokio::fs::create_dir_all(&folder).await.named(folder.display())?;
    let authority = folder.join("authority.pem");
    Ok(Tls { acceptor: tls::acceptor(&authority)?, authority })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_selects_the_contenders() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let add = vec![("before".to_owned(), PathBuf::new())];
        let plan = Plan { only: names(&["receiver", "bare"]), without: names(&["bare"]), add, quick: true };
        let included = |plan: &Plan| ["receiver", "bare", "node", "before"].map(|name| plan.includes(name));
        assert_eq!(included(&plan), [true, false, false, true]);
        assert_eq!(included(&Plan::default()), [true; 4]);
    }
}
