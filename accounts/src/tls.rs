//! Whom TLS trusts.

use std::env;
use std::path::Path;
use std::sync::Arc;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, KeyLogFile, RootCertStore};
use shared::Error;

use crate::{Account, InPhase, Phase, Tls};

/// The variable that names a file with the authorities to trust, in place of the system's.
pub(crate) const VARIABLE: &str = "SSL_CERT_FILE";

impl Account {
    /// The client's side of TLS. It trusts the authorities that the system trusts, or those of the
    /// file that the variable `SSL_CERT_FILE` names. It writes the keys into the file that
    /// `SSLKEYLOGFILE` names, for Wireshark.
    ///
    /// # Errors
    /// There is nobody to trust.
    pub fn tls_config(&self) -> shared::Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.authorities()?);
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let mut config = builder.with_no_client_auth();
        config.key_log = Arc::new(KeyLogFile::new());
        if let Some(file) = env::var_os("SSLKEYLOGFILE") {
            let file = file.display();
            shared::info!("whoever can read {file} (SSLKEYLOGFILE) can read this connection");
        }
        Ok(Arc::new(config))
    }

    /// The same as lettre wants it; lettre writes no keys.
    ///
    /// # Errors
    /// There is nobody to trust.
    pub(crate) fn tls_parameters(&self) -> shared::Result<TlsParameters> {
        let builder = TlsParameters::builder(self.host.clone());
        // lettre would read the system's by itself, and not say what is wrong with them.
        let mut builder = builder.certificate_store(CertificateStore::None);
        if self.tls != Tls::Never {
            for authority in self.authorities()? {
                let certificate = Certificate::from_der(authority.to_vec());
                let certificate = certificate.in_phase(Phase::StartTls, self)?;
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().in_phase(Phase::StartTls, self)
    }

    /// The certificates of those to trust, without the ones that rustls cannot use.
    fn authorities(&self) -> shared::Result<Vec<CertificateDer<'static>>> {
        let mut loaded = match &self.authorities {
            Some(file) => rustls_native_certs::load_certs_from_paths(Some(Path::new(file)), None),
            None => rustls_native_certs::load_native_certs(),
        };
        loaded.certs.retain(|authority| RootCertStore::empty().add(authority.clone()).is_ok());
        if !loaded.certs.is_empty() {
            return Ok(loaded.certs);
        }
        let what = match &self.authorities {
            Some(file) => format!("use {VARIABLE}, which is \"{}\"", file.display()),
            None => "find out whom this system trusts".into(),
        };
        let why = loaded.errors.first().map(ToString::to_string);
        let why = why.unwrap_or("there is no certificate in PEM".into());
        let hint = format!(
            "set {VARIABLE} to the path of a file of -----BEGIN CERTIFICATE----- blocks; for the \
             practice servers that is their practice-data/ca.pem"
        );
        Err(Error::new(format!("cannot {what}: {why}"), hint))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use testing::Folder;

    use super::*;
    use crate::tests::account;

    /// An account that trusts what the file `ca.pem` of the folder holds: one authority.
    pub(crate) fn trusting(url: &str) -> (Account, Folder) {
        let folder = Folder::create();
        let authority = rcgen::generate_simple_self_signed(["ca.example".into()]).unwrap();
        folder.write("ca.pem", &authority.cert.pem());
        let authorities = Some(folder.path().join("ca.pem").into());
        (Account { authorities, ..account(url) }, folder)
    }

    #[test]
    fn the_file_that_is_named_says_whom_to_trust() {
        let (mut account, folder) = trusting("smtps://mail.example");
        assert_eq!(account.authorities().unwrap().len(), 1);
        assert!(account.tls_config().is_ok());
        folder.write("none.pem", "");
        // What is no certificate is passed over.
        folder.write("bad.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
        for (file, why) in [
            ("none.pem", "\": there is no certificate in PEM\n"),
            ("bad.pem", "\": there is no certificate in PEM\n"),
            ("missing.pem", "missing.pem"),
            (".", "\": "),
        ] {
            account.authorities = Some(folder.path().join(file).into());
            let error = format!("{:?}", account.tls_parameters().err().unwrap());
            assert!(error.starts_with("cannot use SSL_CERT_FILE, which is \""), "{error}");
            assert!(error.contains(why) && error.contains("hint: set SSL_CERT_FILE"), "{error}");
        }
        // Who needs no TLS needs nobody to trust.
        account.tls = Tls::Never;
        assert!(account.tls_parameters().is_ok());
    }
}
