//! Whom TLS trusts: the system's roots, those of a file beside them, or with `--skip-verify-cert` whoever answers.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{TransportError, TransportErrorKind, TransportOptions};

/// TLS as the options want it.
pub(crate) fn tls_config(options: &TransportOptions) -> Result<ClientConfig, TransportError> {
    match &options.more_roots {
        _ if options.skip_verify_cert => Ok(any_certificate()),
        Some(pem) => verified_with(pem),
        None => verified(),
    }
}

/// TLS that trusts the system's roots, or Mozilla's where the system has none.
fn verified() -> Result<ClientConfig, TransportError> {
    use hyper_rustls::ConfigBuilderExt;
    let builder =
        || ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder().map_err(tls_error)?;
    match builder.clone().with_native_roots() {
        Ok(builder) => Ok(builder.with_no_client_auth()),
        Err(_) => Ok(builder.with_webpki_roots().with_no_client_auth()),
    }
}

/// TLS that trusts the system's roots, and those in `pem`.
fn verified_with(pem: &[u8]) -> Result<ClientConfig, TransportError> {
    let invalid = |what: String| tls_error(rustls::Error::General(what));
    let more: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let more = more.map_err(|error| invalid(format!("the CA file: {error}")))?;
    if more.is_empty() {
        return Err(invalid("the CA file has no certificate in PEM form".to_owned()));
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    more.into_iter().try_for_each(|root| roots.add(root)).map_err(tls_error)?;
    let builder = ClientConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions().map_err(tls_error)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn tls_error(error: rustls::Error) -> TransportError {
    TransportError { kind: TransportErrorKind::Tls, source: Box::new(error) }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// TLS that trusts whoever answers.
fn any_certificate() -> ClientConfig {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust::AnyCertificate(provider())))
        .with_no_client_auth()
}

mod trust {
    //! `--skip-verify-cert`: signatures of the handshake are still checked, names and chains not.

    use std::sync::Arc;

    use rustls::{
        DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    };

    #[derive(Debug)]
    pub(super) struct AnyCertificate(pub(super) Arc<CryptoProvider>);

    impl ServerCertVerifier for AnyCertificate {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            verify_tls12_signature(message, certificate, signature, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signature, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
