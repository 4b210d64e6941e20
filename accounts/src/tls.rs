//! Whom TLS trusts.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// The client's side of TLS. It trusts the authorities that the system trusts, or those of the file
/// that the variable `SSL_CERT_FILE` names.
pub fn trusted() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}
