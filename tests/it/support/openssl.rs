//! OpenSSL, where it is installed: an HTTPS server, and signatures by an independent implementation.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::keys::private_key;

/// Value of `X-Webhook-Signature` by a key of `tests/keys`. Without OpenSSL, the stand-in for Prelude signs.
pub(crate) fn sign(key: &str, salt_length: &str, body: &[u8]) -> String {
    match openssl(key, salt_length, body) {
        Some(signature) => format!("rsassa-pss-sha256={}", URL_SAFE_NO_PAD.encode(signature)),
        None => private_key(key, key).sign(body).unwrap(),
    }
}

/// Reports whether [`sign`] uses OpenSSL.
pub(crate) fn is_installed() -> bool {
    Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success())
}

fn openssl(key: &str, salt_length: &str, body: &[u8]) -> Option<Vec<u8>> {
    let key = format!("{}/tests/keys/{key}.pem", env!("CARGO_MANIFEST_DIR"));
    let salt_length = format!("rsa_pss_saltlen:{salt_length}");
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", &salt_length, "-sign", &key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    openssl.stdin.take().unwrap().write_all(body).unwrap();
    let output = openssl.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl could not sign with {key}");
    Some(output.stdout)
}

/// HTTPS server for `localhost` that serves one file. Its certificate is also its root.
pub(crate) struct TlsServer {
    directory: PathBuf,
    certificate: String,
    file: &'static str,
    port: u16,
    server: Child,
}

impl TlsServer {
    pub(crate) async fn start(file: &'static str, text: &str) -> Self {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let directory = std::env::temp_dir().join(format!("prelude-webhooks-{}-{port}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(file), text).unwrap();
        let path = |name: &str| directory.join(name).into_os_string().into_string().unwrap();
        let (key, certificate) = (path("key.pem"), path("certificate.pem"));
        let request =
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
        let made = Command::new("openssl")
            .args(request)
            .args([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                &key,
                "-out",
                &certificate,
            ])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Command::new("openssl")
            .args(["s_server", "-quiet", "-WWW", "-accept", &format!("127.0.0.1:{port}")])
            .args(["-cert", &certificate, "-key", &key])
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { directory, certificate, file, port, server };
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    /// URL of the file under one of the server's names.
    pub(crate) fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/{}", self.port, self.file)
    }

    /// Path of the server's certificate.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        drop(fs::remove_dir_all(&self.directory));
    }
}
