//! TLS of the local SQS: a certificate authority for one run, and a certificate for 127.0.0.1.

use std::{fs, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::error::{BenchError, Named as _, Result};

/// Creates an authority, writes its certificate below those of the system's authorities to `file`, and returns the server's
/// side of TLS.
pub(crate) fn acceptor(file: &Path) -> Result<TlsAcceptor> {
    let (authority, certificate, key) =
        issue().map_err(|error| BenchError::Certificate(error.to_string()))?;
    // Without the system's authorities, a start would be faster than in AWS.
    let system = SYSTEM.iter().find_map(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    fs::write(file, system + &authority).named(file.display())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .map_err(|error| BenchError::Certificate(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Files in which Linux distributions keep their certificate authorities.
const SYSTEM: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

fn issue() -> std::result::Result<(String, rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "authority of the benchmark");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    // OpenSSL takes a certificate with its authority's name for a self-signed one.
    params.distinguished_name.push(DnType::CommonName, "local SQS");
    // Python refuses a certificate that does not identify its authority's key.
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    Ok((authority, params.signed_by(&key, &issuer)?, key))
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };
    use tokio_rustls::{
        TlsConnector,
        rustls::{
            ClientConfig, RootCertStore,
            pki_types::{CertificateDer, ServerName, pem::PemObject as _},
        },
    };

    use super::*;
    use crate::sqs::Sqs;

    #[tokio::test]
    async fn a_client_that_trusts_the_authority_reaches_the_local_sqs() {
        let file = std::env::temp_dir().join(format!("prelude-bench-{}.pem", std::process::id()));
        let sqs = Sqs::start(Some(&acceptor(&file).unwrap())).await.unwrap();
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(&file).unwrap();
        roots.add(certificates.last().unwrap().unwrap()).unwrap();
        fs::remove_file(file).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let address = sqs.endpoint().replace("https://", "");
        let stream = TcpStream::connect(&address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let body = r#"{"QueueUrl":"q","Entries":[{"Id":"7","MessageBody":"x"}]}"#;
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        // The server closes the connection without a TLS alert.
        drop(stream.read_to_string(&mut answer).await);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""Id":"7""#), "{answer}");
        assert_eq!(sqs.count(), 1);
    }
}
