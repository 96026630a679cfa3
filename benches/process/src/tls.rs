//! TLS of the local SQS: a certificate authority for one run, and a certificate for 127.0.0.1.

use std::{fs, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::error::{BenchError, Named as _, Result};

/// Creates an authority, writes its certificate to `file`, and returns the server's side of TLS.
pub(crate) fn acceptor(file: &Path) -> Result<TlsAcceptor> {
    let (authority, certificate, key) =
        issue().map_err(|error| BenchError::Certificate(error.to_string()))?;
    fs::write(file, authority).named(file.display())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .map_err(|error| BenchError::Certificate(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn issue() -> std::result::Result<(String, rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    // Python refuses a certificate that does not identify its authority's key.
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    Ok((authority, params.signed_by(&key, &issuer)?, key))
}
