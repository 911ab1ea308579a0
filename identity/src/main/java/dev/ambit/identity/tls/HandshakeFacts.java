package dev.ambit.identity.tls;

/// How a handshake ended, for the log.
///
/// @param protocol for example `TLSv1.3`
/// @param cipher for example `TLS_AES_256_GCM_SHA384`
/// @param group the key exchange, for example `X25519MLKEM768`
public record HandshakeFacts(String protocol, String cipher, String group) {}
