//! The function in Python, with AWS's own client of the Runtime API.

use super::{
    Installed,
    command::{install, run},
    complete, copy,
};
use crate::{
    contender::{Contender, Kind},
    error::Result,
};

/// Installs the function, unless it is installed.
pub(crate) async fn python() -> Result<Installed> {
    let (folder, is_complete) = copy("python", &["app.py", "requirements.txt"])?;
    let venv = folder.join("venv");
    let program = venv.join("bin/python");
    if !is_complete {
        install(&folder, "python3", &["-m", "venv", "--clear", "venv"], &[]).await?;
        let requirements =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
        install(&folder, &program, &requirements, &[]).await?;
        complete(&folder)?;
    }
    let list = run(&folder, &program, &["-c", LIST], &[]).await?;
    let mut lines = list.lines().map(str::to_owned);
    let names = ["Python", "boto3", "cryptography", "awslambdaric"];
    let versions = names.map(str::to_owned).into_iter().zip(lines.by_ref()).collect();
    let mut contender = Contender::binary("python", "Python", Kind::Script, program)
        .with("_HANDLER", "app.handler")
        .with("LAMBDA_TASK_ROOT", &folder.display().to_string());
    contender.arguments = ["-m", "awslambdaric", "app.handler"].map(Into::into).to_vec();
    contender.environment.push(("PYTHONPATH".to_owned(), folder.display().to_string()));
    // boto3 is in Lambda's runtime. The packages that are not are what the user uploads.
    contender.package = [folder.join("app.py")].into_iter().chain(lines.map(Into::into)).collect();
    Ok(Installed { contender, note: None, versions })
}

/// Prints the versions, and then the folders of the packages that Lambda's runtime does not have.
const LIST: &str = "
import platform, importlib.metadata as metadata, importlib.util as util, os
print(platform.python_version())
for name in ('boto3', 'cryptography', 'awslambdaric'):
    print(metadata.version(name))
for name in ('cryptography', 'cffi', 'pycparser'):
    print(os.path.dirname(util.find_spec(name).origin))
print(util.find_spec('_cffi_backend').origin)
";
