package dev.ambit.control;

/// The control plane's own server certificate.
///
/// @param chainPem leaf first; its names must include the one that clients dial
/// @param keyPem PKCS#8
public record ServerTls(String chainPem, String keyPem) {
    @Override
    public String toString() {
        return "ServerTls[private key not shown]";
    }
}
