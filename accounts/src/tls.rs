//! Whom TLS trusts.

use std::env;
use std::path::Path;
use std::sync::Arc;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, KeyLogFile, RootCertStore};
use rustls_native_certs::CertificateResult;
use shared::Error;

use crate::{Account, InPhase, Phase, Tls};

/// The variable that names a file with the authorities to trust, in place of the system's.
const VARIABLE: &str = "SSL_CERT_FILE";

/// The client's side of TLS. It trusts the authorities that the system trusts, or those of the file
/// that the variable `SSL_CERT_FILE` names. It writes the keys into the file that `SSLKEYLOGFILE`
/// names, for Wireshark.
///
/// # Errors
/// There is nobody to trust.
pub fn trusted() -> shared::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities()?);
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.key_log = Arc::new(KeyLogFile::new());
    if let Some(file) = env::var_os("SSLKEYLOGFILE") {
        let file = file.display();
        shared::info!("whoever can read {file} (SSLKEYLOGFILE) can read this connection");
    }
    Ok(Arc::new(config))
}

impl Account {
    /// The client's side of TLS, as lettre wants it. It trusts whom [`trusted`] does; lettre writes
    /// no keys.
    ///
    /// # Errors
    /// There is nobody to trust.
    pub(crate) fn tls_parameters(&self) -> shared::Result<TlsParameters> {
        let builder = TlsParameters::builder(self.host.clone());
        // lettre would read the system's by itself, and not say what is wrong with them.
        let mut builder = builder.certificate_store(CertificateStore::None);
        if self.tls != Tls::Never {
            for authority in authorities()? {
                let certificate = Certificate::from_der(authority.to_vec());
                let certificate = certificate.in_phase(Phase::StartTls, self)?;
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().in_phase(Phase::StartTls, self)
    }
}

/// The certificates of those to trust.
fn authorities() -> shared::Result<Vec<CertificateDer<'static>>> {
    if let Some(file) = env::var_os(VARIABLE) {
        usable(rustls_native_certs::load_certs_from_paths(Some(Path::new(&file)), None)).or_else(
            |why| {
                let file = file.display();
                nobody(&format!("cannot use {VARIABLE}, which is \"{file}\": {why}"))
            },
        )?;
    }
    usable(rustls_native_certs::load_native_certs())
        .or_else(|why| nobody(&format!("cannot find out whom this system trusts: {why}")))
}

/// Those of the certificates that rustls can use, or why there is none.
fn usable(loaded: CertificateResult) -> Result<Vec<CertificateDer<'static>>, String> {
    let is_usable =
        |authority: &CertificateDer<'static>| RootCertStore::empty().add(authority.clone()).is_ok();
    let certificates: Vec<_> = loaded.certs.into_iter().filter(is_usable).collect();
    if !certificates.is_empty() {
        return Ok(certificates);
    }
    match loaded.errors.first() {
        Some(why) => Err(why.to_string()),
        None => Err("there is no certificate in PEM".into()),
    }
}

fn nobody<T>(problem: &str) -> shared::Result<T> {
    let hint = format!(
        "set {VARIABLE} to the path of a file of -----BEGIN CERTIFICATE----- blocks; for the \
         practice servers that is their practice-data/ca.pem"
    );
    Err(Error::new(problem, hint))
}
