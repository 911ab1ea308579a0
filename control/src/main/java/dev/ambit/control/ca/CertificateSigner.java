package dev.ambit.control.ca;

import dev.ambit.identity.SpiffeId;
import java.time.Duration;
import java.util.List;

/// Signs what was already authorized. Called on virtual threads, by several at a time.
@FunctionalInterface
public interface CertificateSigner {
    /// @param csrPem PKCS#10; its key must be proven, its subject and names need not be looked at
    /// @param id goes into the certificate as its only URI
    /// @return PEM texts: the leaf, then intermediates, last one text with all roots
    /// @throws SigningFault naming why the request can't be signed
    List<String> sign(String csrPem, SpiffeId id, Duration ttl) throws SigningFault;

    final class SigningFault extends Exception {
        private static final long serialVersionUID = 1L;

        public SigningFault(String message, Throwable cause) {
            super(message, cause);
        }

        public SigningFault(String message) {
            super(message);
        }
    }
}
