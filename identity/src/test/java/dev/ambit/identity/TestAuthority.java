package dev.ambit.identity;

import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;

/// Certificates as a CA would give them.
public final class TestAuthority {
    private final LocalAuthority authority;

    public TestAuthority(String name, Clock clock) {
        this(LocalAuthority.create(name, clock, Duration.ofDays(2)));
    }

    private TestAuthority(LocalAuthority authority) {
        this.authority = authority;
    }

    /// With its key in a directory, for what else shall be signed with it.
    public static TestAuthority in(Path directory, String name, Clock clock) {
        try {
            return new TestAuthority(
                    LocalAuthority.load(directory, name, clock, Duration.ofDays(2)));
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    public WorkloadCertificate issue(String id, Duration ttl) {
        var spiffe = SpiffeId.parse(id);
        var request = KeyAndCsr.forIdentity(spiffe);
        try {
            var chain = authority.sign(request.pem(), spiffe, ttl);
            return new WorkloadCertificate(
                    spiffe,
                    request.keys().getPrivate(),
                    Pem.certificates(chain.getFirst()),
                    new TrustBundle(Pem.certificates(chain.getLast())));
        } catch (CertificateException broken) {
            throw new AssertionError(broken);
        }
    }

    public LocalAuthority authority() {
        return authority;
    }
}
