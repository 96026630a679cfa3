//! The function in Node.js, with AWS's own client of the Runtime API, on the Node.js that `package.json` names.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Installed,
    command::{install, run},
    complete, copy,
};
use crate::{
    contender::{Contender, Kind},
    error::Result,
    run::workspace,
};

/// Installs the function, unless it is installed. If AWS's client cannot be compiled, the project's own loop takes its
/// place, with a note.
pub(crate) async fn node() -> Result<Installed> {
    let (folder, is_complete) = copy("node", &["index.mjs", "package.json", "package-lock.json"])?;
    let modules = folder.join("node_modules");
    let architecture = if ARCH == "aarch64" { "arm64" } else { "x64" };
    let home = modules.join(format!("node-linux-{architecture}"));
    let program = home.join("bin/node");
    if !is_complete {
        // Install scripts are off. Only that of AWS's client is wanted, and it runs below.
        install(&folder, "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"], &[]).await?;
        if let Err(error) = compile(&folder, &home).await {
            fs::write(folder.join(PROBLEM), error.to_string()).ok();
        }
        complete(&folder)?;
    }
    let problem = fs::read_to_string(folder.join(PROBLEM)).ok();
    let mut contender = Contender::binary("node", "Node.js", Kind::Script, program.clone())
        .with("_HANDLER", "index.handler")
        .with("LAMBDA_TASK_ROOT", &folder.display().to_string());
    contender.arguments = match &problem {
        None => vec![modules.join("aws-lambda-ric/index.mjs").into(), "index.handler".into()],
        Some(_) => vec![workspace().join(".ci/consumers/runtime.mjs").into()],
    };
    // The SDK is in Lambda's runtime.
    contender.package = vec![folder.join("index.mjs")];
    let node = run(&folder, &program, &["--version"], &[]).await?;
    let version = |package: &str| version(&modules.join(package).join("package.json"));
    Ok(Installed {
        contender,
        note: problem.map(|problem| format!("run by the project's own loop, because {problem}")),
        versions: vec![
            ("Node.js".to_owned(), node.trim().trim_start_matches('v').to_owned()),
            ("@aws-sdk/client-sqs".to_owned(), version("@aws-sdk/client-sqs")),
            ("aws-lambda-ric".to_owned(), version("aws-lambda-ric")),
        ],
    })
}

/// Text of the reason why AWS's client was not compiled.
const PROBLEM: &str = "problem.txt";

/// Compiles AWS's client: curl and a native module. It needs cmake, which comes from PyPI if it is missing.
async fn compile(folder: &Path, home: &Path) -> Result<()> {
    let mut path = vec![home.join("bin")];
    if run(folder, "cmake", &["--version"], &[]).await.is_err() {
        install(folder, "python3", &["-m", "venv", "--clear", "cmake"], &[]).await?;
        let pip = folder.join("cmake/bin/pip");
        install(folder, pip, &["install", "--quiet", "--disable-pip-version-check", CMAKE], &[]).await?;
        path.push(folder.join("cmake/bin"));
    }
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let path = std::env::join_paths(path).unwrap_or_default().to_string_lossy().into_owned();
    // node-gyp would download the headers otherwise.
    let environment = [("PATH", path), ("npm_config_nodedir", home.display().to_string())];
    install(folder, "npm", &["rebuild", "aws-lambda-ric", "--foreground-scripts"], &environment).await
}

const CMAKE: &str = "cmake==4.4.4";

fn version(manifest: &PathBuf) -> String {
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    manifest.get("version").and_then(|version| version.as_str()).unwrap_or_default().to_owned()
}
